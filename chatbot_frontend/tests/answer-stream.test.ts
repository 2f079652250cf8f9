import { describe, expect, it, vi } from "vitest";
import { readAnswer, type AnswerEvent } from "../src/answer-stream.ts";

const MESSAGE = { id: "1", role: "assistant", content: "Grüße" };

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** The events of a text that comes in pieces of so many bytes. */
async function eventsOf(text: string, pieceSize = 1000): Promise<AnswerEvent[]> {
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += pieceSize)
        controller.enqueue(bytes.slice(at, at + pieceSize));
      controller.close();
    },
  });
  const events: AnswerEvent[] = [];
  for await (const one of readAnswer(body)) events.push(one);
  return events;
}

describe("the stream of an answer", () => {
  it("is understood however its bytes are cut", async () => {
    const text =
      ": ping\n\n" +
      event("token", { text: "Grüße" }) +
      event("todos", { changed: ["1"] }) +
      event("done", { message: MESSAGE });
    const expected = [
      { kind: "token", text: "Grüße" },
      { kind: "todos" },
      { kind: "done", message: MESSAGE },
    ];
    expect(await eventsOf(text)).toEqual(expected);
    expect(await eventsOf(text, 1)).toEqual(expected);
    expect(await eventsOf(text.replaceAll("\n", "\r\n"), 1)).toEqual(expected);
  });

  it("may have events that are not known yet", async () => {
    const events = await eventsOf(event("mood", {}) + event("done", { message: MESSAGE }));
    expect(events).toEqual([{ kind: "done", message: MESSAGE }]);
  });

  it("is not whole without its end", async () => {
    await expect(eventsOf(event("token", { text: "Half" }))).rejects.toThrow("The answer broke off");
  });

  it("is stopped at the server when nobody reads on", async () => {
    const cancel = vi.fn();
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(event("token", { text: "Half" })));
      },
      cancel,
    });
    for await (const one of readAnswer(body)) {
      expect(one.kind).toBe("token");
      break;
    }
    expect(cancel).toHaveBeenCalledOnce();
  });

  it("can tell an error", async () => {
    const text = event("error", { title: "Problem", detail: "The model is away", status: 503 });
    await expect(eventsOf(text)).rejects.toMatchObject({ message: "The model is away", status: 503 });
  });
});
