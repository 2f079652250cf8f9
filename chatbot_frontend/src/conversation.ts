import type { Conversation } from "./api.ts";
import { answerEvents, type AnswerEvent } from "./answer-stream.ts";
import { isMissing } from "./problem.ts";
import { requested, requestJson } from "./request.ts";

export const LONGEST_MESSAGE = 2000;

export async function createConversation(): Promise<string> {
  return ((await requestJson("/chat/conversations", { method: "POST" })) as Pick<Conversation, "id">).id;
}

export async function readConversation(id: string, signal: AbortSignal): Promise<Conversation> {
  return (await requestJson(`/chat/conversations/${id}`, { signal })) as Conversation;
}

export async function deleteConversation(id: string): Promise<void> {
  await requestJson(`/chat/conversations/${id}`, { method: "DELETE" });
}

/** Says something in a conversation; the answer comes in pieces, and may take as long as it takes. */
export async function* ask(id: string, content: string, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const path = `/chat/conversations/${id}/messages`;
  const response = await requested(path, { method: "POST", body: { content }, signal });
  if (response.body) yield* answerEvents(response.body);
}

/** The same where there may be no conversation yet, or no longer: it is then made, and told. */
export async function* askSomewhere(
  id: string | undefined,
  content: string,
  signal: AbortSignal,
  onCreated: (id: string) => void,
): AsyncGenerator<AnswerEvent> {
  if (id !== undefined) {
    try {
      yield* ask(id, content, signal);
      return;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  const created = await createConversation();
  onCreated(created);
  yield* ask(created, content, signal);
}
