import { useEffect, useRef, type UIEvent } from "react";
import type { Message } from "./api.ts";
import { WithMoments } from "./moment-view.tsx";

const END_TOLERANCE_PX = 40;

interface Props {
  messages: Message[];
  /** The answer in progress, as far as it has been received. */
  answer: string | undefined;
}

function MessageView({ message }: { message: Message }) {
  return (
    <div className="message" data-role={message.role}>
      <span className="unseen">{message.role === "user" ? "You: " : "Assistant: "}</span>
      <WithMoments text={message.content} />
      {message.finished === false && <em> (unfinished)</em>}
    </div>
  );
}

export function MessageLog({ messages, answer }: Props) {
  const log = useRef<HTMLDivElement>(null);
  // A reader who has scrolled up is not scrolled down by new text.
  const isAtEnd = useRef(true);

  useEffect(() => {
    if (log.current && isAtEnd.current) log.current.scrollTop = log.current.scrollHeight;
  }, [messages.length, answer]);

  function trackScrollPosition({
    currentTarget: { scrollHeight, scrollTop, clientHeight },
  }: UIEvent<HTMLElement>) {
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < END_TOLERANCE_PX;
  }

  return (
    // Busy during an answer, so that screen readers announce it once, as a whole. Focusable, to scroll by keyboard.
    <div
      className="log"
      role="log"
      aria-live="polite"
      aria-busy={answer !== undefined}
      aria-label="Conversation"
      tabIndex={0}
      ref={log}
      onScroll={trackScrollPosition}
    >
      {messages.map((message) => (
        <MessageView key={message.id} message={message} />
      ))}
      {answer !== undefined && (
        <div className="message" data-role="assistant">
          <span className="unseen">Assistant: </span>
          {answer === "" ? <span className="waiting">Thinking…</span> : <WithMoments text={answer} />}
        </div>
      )}
    </div>
  );
}
