import { MessageForm } from "./message-form.tsx";
import { MessageLog } from "./message-log.tsx";
import { ReadFailure } from "./read-failure.tsx";
import { Suggestions } from "./suggestions.tsx";
import { useConversation } from "./use-conversation.ts";

interface Props {
  /** The signed-in user's id. */
  user: string;
  onTodosChanged: () => void;
}

function focusInput() {
  document.getElementById("message")?.focus();
}

export function Chat({ user, onTodosChanged }: Props) {
  const conversation = useConversation(user, onTodosChanged);
  const { messages, answer, failure, history } = conversation;
  const answering = answer !== undefined;
  const empty = messages.length === 0 && history.state === "read";

  return (
    <>
      <div className="heading">
        <h2 id="chat-heading">Chat</h2>
        <button
          type="button"
          className="quiet"
          disabled={answering}
          onClick={() => {
            conversation.startNewConversation();
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
          focusAfter="message"
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
    </>
  );
}
