import { EventSourceParserStream, type EventSourceMessage } from "eventsource-parser/stream";
import type { Message } from "./api.ts";
import { ProblemError, parseProblem } from "./problem.ts";
import { announceUnauthorized } from "./unauthorized.ts";

export type AnswerEvent =
  { kind: "token"; text: string } | { kind: "todos" } | { kind: "done"; message: Message };

function parseEvent({ event, data }: EventSourceMessage): AnswerEvent | undefined {
  switch (event) {
    case "token":
      return { kind: "token", text: (JSON.parse(data) as { text: string }).text };
    case "todos":
      return { kind: "todos" };
    case "done":
      return { kind: "done", message: (JSON.parse(data) as { message: Message }).message };
    case "error": {
      const problem = parseProblem(JSON.parse(data) as object, 500);
      // The session may end during an answer.
      if (problem.status === 401) announceUnauthorized();
      throw problem;
    }
    default:
      // A newer server may send events that this page does not know.
      return undefined;
  }
}

/** Reads the events of an answer until `done`; an end without it is an error, as half an answer looks complete. */
export async function* readAnswer(body: ReadableStream<Uint8Array>): AsyncGenerator<AnswerEvent> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new ProblemError("The answer broke off", 503);
      const event = parseEvent(value);
      if (event) yield event;
      if (event?.kind === "done") return;
    }
  } finally {
    // Cancel, so that the server stops, too; a stream that has failed cannot be cancelled.
    await reader.cancel().catch(() => undefined);
  }
}
