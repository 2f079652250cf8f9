import { useEffect, useState } from "react";

interface Loaded<T> {
  module?: T;
  failure?: unknown;
}

/** A module of the app that is loaded when it is wanted. `load` is always the same function. */
export function useLoaded<T>(wanted: boolean, load: () => Promise<T>): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({});

  useEffect(() => {
    if (!wanted) return;
    load().then(
      (module) => {
        setLoaded({ module });
      },
      (failure: unknown) => {
        setLoaded({ failure });
      },
    );
  }, [wanted, load]);

  return loaded;
}
