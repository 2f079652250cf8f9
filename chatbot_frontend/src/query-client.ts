import { notifyManager, QueryClient } from "@tanstack/react-query";

// Before the browser paints, not after: otherwise an optimistic update would be shown too late, and a checkbox would
// flip back for a moment.
notifyManager.setScheduler(queueMicrotask);

/**
 * A failed read is reported at once, with a button to retry. Without a connection, reads and writes pause until it is
 * back.
 */
export function newQueryClient(): QueryClient {
  return new QueryClient({ defaultOptions: { queries: { retry: false } } });
}
