import type { UseQueryResult } from "@tanstack/react-query";
import { useLast } from "./use-last.ts";

/** Why the last read failed; while another one is tried, too, so that what says so does not come and go. */
export function useFailure({ error, errorUpdatedAt, dataUpdatedAt }: UseQueryResult): unknown {
  const last = useLast(error);
  return errorUpdatedAt > dataUpdatedAt ? last : undefined;
}
