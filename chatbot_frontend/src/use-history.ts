import { useQuery } from "@tanstack/react-query";
import type { Message } from "./api.ts";
import { readConversation } from "./conversation.ts";
import { isMissing } from "./problem.ts";
import { useFailure } from "./use-failure.ts";

const NONE: readonly Message[] = [];

/** Reads messages; none if the conversation is gone, and the next question starts another one. */
async function readMessages(id: string, signal: AbortSignal): Promise<readonly Message[]> {
  try {
    return (await readConversation(id, signal)).messages;
  } catch (error) {
    if (isMissing(error)) return NONE;
    throw error;
  }
}

/** Reads once the earlier messages of the browser's conversation. */
export function useHistory(conversationId: string | undefined) {
  const query = useQuery({
    queryKey: ["conversation", conversationId],
    queryFn: ({ signal }) => (conversationId === undefined ? NONE : readMessages(conversationId, signal)),
    enabled: conversationId !== undefined,
    staleTime: Infinity,
  });
  const failure = useFailure(query);
  return {
    messages: query.data ?? NONE,
    state: failure !== undefined ? "failed" : query.data || conversationId === undefined ? "read" : "loading",
    failure,
    readAgain: () => void query.refetch(),
  } as const;
}
