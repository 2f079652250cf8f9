import { notifyManager, QueryClient } from "@tanstack/react-query";

// Before the browser paints, and not after: what is expected of a write would else be shown too late, and a checkbox
// flip back for a moment.
notifyManager.setScheduler(queueMicrotask);

/**
 * A failed read is shown at once, with a button for another try. Without a connection nothing is tried: reads and writes
 * wait, and go on when it is back.
 */
export function newQueryClient(): QueryClient {
  return new QueryClient({ defaultOptions: { queries: { retry: false } } });
}
