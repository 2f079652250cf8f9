import { useEffect, useState } from "react";

interface LazyModule<T> {
  module?: T;
  failure?: unknown;
}

/** Loads a module of the app once `enabled`. `load` has to be the same function each time. */
export function useLazyModule<T>(enabled: boolean, load: () => Promise<T>): LazyModule<T> {
  const [result, setResult] = useState<LazyModule<T>>({});

  useEffect(() => {
    if (!enabled) return;
    load().then(
      (module) => {
        setResult({ module });
      },
      (failure: unknown) => {
        setResult({ failure });
      },
    );
  }, [enabled, load]);

  return result;
}
