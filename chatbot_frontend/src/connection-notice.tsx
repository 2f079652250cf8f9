import { onlineManager } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { useMutationCount } from "./use-mutation-count.ts";

const subscribe = onlineManager.subscribe.bind(onlineManager);

/** Asks before the page is left while changes wait that only the page has. */
function useUnsentWarning(unsent: boolean) {
  useEffect(() => {
    if (!unsent) return;
    const ask = (event: BeforeUnloadEvent) => {
      event.preventDefault();
    };
    addEventListener("beforeunload", ask);
    return () => {
      removeEventListener("beforeunload", ask);
    };
  }, [unsent]);
}

export function ConnectionNotice() {
  const online = useSyncExternalStore(subscribe, () => onlineManager.isOnline());
  const waiting = useMutationCount({ predicate: ({ state }) => state.isPaused });
  useUnsentWarning(!online && waiting > 0);
  return (
    <p className="notice" aria-live="polite">
      {!online && "You are offline. "}
      {!online && waiting > 0 && "What you changed is sent when the connection is back: keep this page open."}
      {!online && waiting === 0 && "What you see may be old; it is read again when the connection is back."}
    </p>
  );
}
