import type { UseQueryResult } from "@tanstack/react-query";
import { useLast } from "./use-last.ts";

/** Why the last read failed; kept during a retry, so that the message does not flicker. */
export function useFailure({ error, errorUpdatedAt, dataUpdatedAt }: UseQueryResult): unknown {
  const last = useLast(error);
  return errorUpdatedAt > dataUpdatedAt ? last : undefined;
}
