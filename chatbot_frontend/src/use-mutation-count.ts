import { useQueryClient, type MutationFilters } from "@tanstack/react-query";
import { useCallback, useSyncExternalStore } from "react";

/**
 * Counts the pending mutations that match. Not `useIsMutating`, whose code is as large as a form, as it also tracks the
 * mutations' states.
 */
export function useMutationCount(filters: MutationFilters): number {
  const client = useQueryClient();
  const subscribe = useCallback(
    (onChange: () => void) => client.getMutationCache().subscribe(onChange),
    [client],
  );
  return useSyncExternalStore(subscribe, () => client.isMutating(filters));
}
