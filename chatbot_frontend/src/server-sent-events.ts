export interface ServerSentEvent {
  name: string;
  data: string;
}

function eventOf(block: string): ServerSentEvent | undefined {
  const data: string[] = [];
  let name = "";
  for (const line of block.split("\n")) {
    const [, field, value = ""] = /^(event|data)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === "event") name = value;
    else if (field === "data") data.push(value);
  }
  return data.length > 0 ? { name, data: data.join("\n") } : undefined;
}

/**
 * The events of a stream, as https://html.spec.whatwg.org/multipage/server-sent-events.html has them. What comes after
 * the last empty line is no event.
 */
export async function* serverSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      // A line ends with CR LF, too, whose halves may come apart.
      const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const event = eventOf(block);
        if (event) yield event;
      }
    }
  } finally {
    // Whoever stops listening lets the server stop, too; a stream that has failed cannot be cancelled.
    await reader.cancel().catch(() => undefined);
  }
}
