import { onlineManager } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { useMutationCount } from "./use-mutation-count.ts";

const subscribe = onlineManager.subscribe.bind(onlineManager);

/** Asks for confirmation before leaving the page while it has unsent changes. */
function useUnsentWarning(unsent: boolean) {
  useEffect(() => {
    if (!unsent) return;
    const warn = (event: BeforeUnloadEvent) => {
      event.preventDefault();
    };
    addEventListener("beforeunload", warn);
    return () => {
      removeEventListener("beforeunload", warn);
    };
  }, [unsent]);
}

export function ConnectionNotice() {
  const online = useSyncExternalStore(subscribe, () => onlineManager.isOnline());
  const pausedWrites = useMutationCount({ predicate: ({ state }) => state.isPaused });
  useUnsentWarning(!online && pausedWrites > 0);
  return (
    <p className="notice" aria-live="polite">
      {!online && "You are offline. "}
      {!online &&
        pausedWrites > 0 &&
        "What you changed is sent when the connection is back: keep this page open."}
      {!online &&
        pausedWrites === 0 &&
        "What you see may be old; it is read again when the connection is back."}
    </p>
  );
}
