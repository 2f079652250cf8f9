import { MessageForm } from "./message-form.tsx";
import { MessageLog } from "./message-log.tsx";
import { Pane, type PaneState } from "./pane.tsx";
import { ReadFailure } from "./read-failure.tsx";
import { Suggestions } from "./suggestions.tsx";
import { useConversation } from "./use-conversation.ts";

interface Props {
  /** The id of who is signed in. */
  user: string;
  onTodosChanged: () => void;
  state: PaneState;
}

function focusInput() {
  document.getElementById("message")?.focus();
}

export function ChatPane({ user, onTodosChanged, state }: Props) {
  const conversation = useConversation(user, onTodosChanged);
  const { messages, answer, failure, history } = conversation;
  const answering = answer !== undefined;
  const empty = messages.length === 0 && history.state === "read";

  return (
    <Pane id="chat" state={state}>
      <div className="heading">
        <h2 id="chat-heading">Chat</h2>
        <button
          type="button"
          className="quiet"
          disabled={answering}
          onClick={() => {
            conversation.startAnew();
            focusInput();
          }}
        >
          New conversation
        </button>
      </div>
      <MessageLog messages={messages} answer={answer} />
      {empty && <Suggestions onChoose={(prompt) => void conversation.send(prompt)} />}
      {history.state === "failed" && (
        <ReadFailure
          what="The conversation"
          error={history.failure}
          onRetry={history.readAgain}
          heir="message"
        />
      )}
      <p role="alert" className="error">
        {failure}
      </p>
      <MessageForm
        ready={!answering && history.state !== "loading"}
        answering={answering}
        onSend={conversation.send}
        onStop={conversation.stop}
      />
    </Pane>
  );
}
