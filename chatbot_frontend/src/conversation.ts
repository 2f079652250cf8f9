import type { Conversation } from "./api.ts";
import { readAnswer, type AnswerEvent } from "./answer-stream.ts";
import { timeZone } from "./moment.ts";
import { isMissing, Problem } from "./problem.ts";
import { request, requestJson } from "./request.ts";

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

/** The response to a question. A server of a release that knows no time zones, or not this one, is asked without. */
async function asked(id: string, content: string, signal: AbortSignal): Promise<Response> {
  const path = `/chat/conversations/${id}/messages`;
  try {
    return await request(path, { method: "POST", body: { content, time_zone: timeZone() }, signal });
  } catch (error) {
    if (!(error instanceof Problem && error.fields.some(({ field }) => field === "time_zone"))) throw error;
    return request(path, { method: "POST", body: { content }, signal });
  }
}

/** Says something in a conversation; the answer comes in pieces, and may take as long as it takes. */
export async function* ask(id: string, content: string, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const response = await asked(id, content, signal);
  if (response.body) yield* readAnswer(response.body);
}

/** The same where there may be no conversation yet, or no longer: it is then made and returned. */
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
