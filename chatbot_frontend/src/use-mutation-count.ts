import { useQueryClient, type MutationFilters } from "@tanstack/react-query";
import { useCallback, useSyncExternalStore } from "react";

/**
 * How many mutations are pending, of those that match. Less than `useIsMutating`, which weighs as much as a form: that
 * also gives their states.
 */
export function useMutationCount(filters: MutationFilters): number {
  const client = useQueryClient();
  const subscribe = useCallback(
    (onChange: () => void) => client.getMutationCache().subscribe(onChange),
    [client],
  );
  return useSyncExternalStore(subscribe, () => client.isMutating(filters));
}
