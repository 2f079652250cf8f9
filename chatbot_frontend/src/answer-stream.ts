import type { Message } from "./api.ts";
import { Problem, problemOf } from "./problem.ts";
import { serverSentEvents } from "./server-sent-events.ts";
import { announceUnauthorized } from "./unauthorized.ts";

export type AnswerEvent =
  { kind: "token"; text: string } | { kind: "todos" } | { kind: "done"; message: Message };

function eventOf(name: string, data: string): AnswerEvent | undefined {
  switch (name) {
    case "token":
      return { kind: "token", text: (JSON.parse(data) as { text: string }).text };
    case "todos":
      return { kind: "todos" };
    case "done":
      return { kind: "done", message: (JSON.parse(data) as { message: Message }).message };
    case "error": {
      const problem = problemOf(JSON.parse(data) as object, 500);
      // The session may end while an answer is on its way.
      if (problem.status === 401) announceUnauthorized();
      throw problem;
    }
    default:
      // A newer server may tell more than this page understands.
      return undefined;
  }
}

/** The events of an answer. Ends after `done`; an end without it is an error, as half an answer looks whole. */
export async function* answerEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<AnswerEvent> {
  for await (const { name, data } of serverSentEvents(body)) {
    const event = eventOf(name, data);
    if (event) yield event;
    if (event?.kind === "done") return;
  }
  throw new Problem("The answer broke off", 503);
}
