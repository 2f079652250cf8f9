import { describe, expect, it } from "vitest";
import { serverSentEvents, type ServerSentEvent } from "../src/server-sent-events.ts";

/** The events of a text that comes in these pieces. */
async function eventsOf(...pieces: string[]): Promise<ServerSentEvent[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });
  const events: ServerSentEvent[] = [];
  for await (const event of serverSentEvents(body)) events.push(event);
  return events;
}

describe("server-sent events", () => {
  it("have a name and data, with or without a space before them", async () => {
    expect(await eventsOf("event: token\ndata:one\n\n", "data: two\nevent:done\n\n")).toEqual([
      { name: "token", data: "one" },
      { name: "done", data: "two" },
    ]);
  });

  it("may have lines that end with CR LF, cut anywhere", async () => {
    const text = "event: token\r\ndata: one\r\n\r\nevent: done\r\ndata: two\r\n\r\n";
    const events = [
      { name: "token", data: "one" },
      { name: "done", data: "two" },
    ];
    expect(await eventsOf(text)).toEqual(events);
    expect(await eventsOf(...Array.from(text))).toEqual(events);
  });

  it("have data of several lines, and whatever characters", async () => {
    expect(await eventsOf("data: one: 1\ndata\ndata:  two\u2028\n\n")).toEqual([
      { name: "", data: "one: 1\n\n two\u2028" },
    ]);
  });

  it("leave out comments, other fields, and what has no data or no end", async () => {
    expect(
      await eventsOf(": ping\n\n", "event: empty\n\n", "id: 1\nretry: 5\ndata: x\n\n", "data: half"),
    ).toEqual([{ name: "", data: "x" }]);
  });
});
