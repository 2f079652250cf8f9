import { EventSourceParserStream } from "eventsource-parser/stream";
import type { Message } from "./api.ts";
import { Problem, problemOf } from "./problem.ts";

export type AnswerEvent =
  { kind: "token"; text: string } | { kind: "todos" } | { kind: "done"; message: Message };

function eventOf(name: string | undefined, data: string): AnswerEvent | undefined {
  switch (name) {
    case "token":
      return { kind: "token", text: (JSON.parse(data) as { text: string }).text };
    case "todos":
      return { kind: "todos" };
    case "done":
      return { kind: "done", message: (JSON.parse(data) as { message: Message }).message };
    case "error":
      throw problemOf(JSON.parse(data) as object, 500);
    default:
      // A newer server may tell more than this page understands.
      return undefined;
  }
}

/** The events of an answer. Ends after `done`; an end without it is an error, as half an answer looks whole. */
export async function* answerEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<AnswerEvent> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Problem("The answer broke off", 503);
      const event = eventOf(value.event, value.data);
      if (event) yield event;
      if (event?.kind === "done") return;
    }
  } finally {
    // Whoever stops listening lets the server stop, too; a stream that has failed cannot be cancelled.
    await reader.cancel().catch(() => undefined);
  }
}
