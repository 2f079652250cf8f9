import type { Conversation } from "./api.ts";
import { readAnswer, type AnswerEvent } from "./answer-stream.ts";
import { timeZone } from "./moment.ts";
import { isMissing, ProblemError } from "./problem.ts";
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

/** Posts a question, and again without the time zone if the server does not know that field, or that zone. */
async function postQuestion(id: string, content: string, signal: AbortSignal): Promise<Response> {
  const path = `/chat/conversations/${id}/messages`;
  try {
    return await request(path, { method: "POST", body: { content, time_zone: timeZone() }, signal });
  } catch (error) {
    if (!(error instanceof ProblemError && error.fields.some(({ field }) => field === "time_zone")))
      throw error;
    return request(path, { method: "POST", body: { content }, signal });
  }
}

/** Asks a question in a conversation; streams the answer, without a time limit. */
export async function* ask(id: string, content: string, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const response = await postQuestion(id, content, signal);
  if (response.body) yield* readAnswer(response.body);
}

/** The same, but creates a conversation if there is none yet, or it is gone. */
export async function* askOrCreateConversation(
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
  const newId = await createConversation();
  onCreated(newId);
  yield* ask(newId, content, signal);
}
