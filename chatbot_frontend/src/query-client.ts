import { QueryClient } from "@tanstack/react-query";

/**
 * A failed read is shown at once, with a button for another try. Without a connection nothing is tried: reads and writes
 * wait, and go on when it is back.
 */
export function newQueryClient(): QueryClient {
  return new QueryClient({ defaultOptions: { queries: { retry: false } } });
}
