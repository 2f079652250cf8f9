import { useState } from "react";
import { LONGEST_MESSAGE } from "./conversation.ts";
import { useRestoreFocus } from "./use-restore-focus.ts";

interface Props {
  ready: boolean;
  answering: boolean;
  onSend: (content: string) => Promise<boolean>;
  onStop: () => void;
}

function StopButton({ onStop }: { onStop: () => void }) {
  const button = useRestoreFocus<HTMLButtonElement>(() => document.getElementById("message"));
  return (
    <button type="button" ref={button} onClick={onStop}>
      Stop
    </button>
  );
}

export function MessageForm({ ready, answering, onSend, onStop }: Props) {
  const [draft, setDraft] = useState("");

  async function send() {
    const content = draft.trim();
    if (content === "" || !ready) return;
    setDraft("");
    // Also keep what was typed meanwhile.
    if (!(await onSend(content)))
      setDraft((previous) => [content, previous].filter((part) => part !== "").join("\n"));
  }

  return (
    <form
      className="line"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <label htmlFor="message" className="unseen">
        Message
      </label>
      <textarea
        id="message"
        rows={1}
        placeholder="Ask about your todos"
        maxLength={LONGEST_MESSAGE}
        value={draft}
        onChange={(event) => {
          setDraft(event.target.value);
        }}
        onKeyDown={(event) => {
          // Enter also ends the composition of a character with an input method.
          if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          void send();
        }}
      />
      {answering && <StopButton onStop={onStop} />}
      <button type="submit" aria-disabled={!ready}>
        Send
      </button>
    </form>
  );
}
