import { useEffect, useRef, type UIEvent } from "react";
import type { Message } from "./api.ts";
import { WithMoments } from "./moment-view.tsx";

const NEARLY_THE_END_PX = 40;

interface Props {
  messages: Message[];
  /** What has come of the answer that is being given. */
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
  // Who has scrolled up to read is not pulled down by what comes in.
  const following = useRef(true);

  useEffect(() => {
    if (log.current && following.current) log.current.scrollTop = log.current.scrollHeight;
  }, [messages.length, answer]);

  function notePlace({ currentTarget: { scrollHeight, scrollTop, clientHeight } }: UIEvent<HTMLElement>) {
    following.current = scrollHeight - scrollTop - clientHeight < NEARLY_THE_END_PX;
  }

  return (
    // Busy while an answer comes in, so that it is read out once and whole; it can be scrolled by keyboard.
    <div
      className="log"
      role="log"
      aria-live="polite"
      aria-busy={answer !== undefined}
      aria-label="Conversation"
      tabIndex={0}
      ref={log}
      onScroll={notePlace}
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
