import { useQuery } from "@tanstack/react-query";
import type { Message } from "./api.ts";
import { readConversation } from "./conversation.ts";
import { isMissing } from "./problem.ts";
import { useFailure } from "./use-failure.ts";

const NONE: readonly Message[] = [];

/** A conversation that the server no longer has is left behind by the next question. */
async function readMessages(id: string, signal: AbortSignal): Promise<readonly Message[]> {
  try {
    return (await readConversation(id, signal)).messages;
  } catch (error) {
    if (isMissing(error)) return NONE;
    throw error;
  }
}

/** What was said before in the conversation this browser was in, read once. */
export function useHistory(remembered: string | undefined) {
  const query = useQuery({
    queryKey: ["conversation", remembered],
    queryFn: ({ signal }) => (remembered === undefined ? NONE : readMessages(remembered, signal)),
    enabled: remembered !== undefined,
    staleTime: Infinity,
  });
  const failure = useFailure(query);
  return {
    messages: query.data ?? NONE,
    state: failure !== undefined ? "failed" : query.data || remembered === undefined ? "read" : "loading",
    failure,
    readAgain: () => void query.refetch(),
  } as const;
}
