import { MessageForm } from "./message-form.tsx";
import { MessageLog } from "./message-log.tsx";
import { Suggestions } from "./suggestions.tsx";
import { Unreachable } from "./unreachable.tsx";
import { useConversation } from "./use-conversation.ts";

function focusInput() {
  document.getElementById("message")?.focus();
}

export function ChatPane({ onTodosChanged }: { onTodosChanged: () => void }) {
  const conversation = useConversation(onTodosChanged);
  const { messages, answer, trouble, history } = conversation;
  const answering = answer !== undefined;
  const empty = messages.length === 0 && history === "read";

  return (
    <section className="pane chat" id="chat" tabIndex={-1} aria-labelledby="chat-heading">
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
      {history === "unreachable" && (
        <Unreachable what="The conversation" onRetry={conversation.readAgain} heir="message" />
      )}
      <p role="alert" className="trouble">
        {trouble}
      </p>
      <MessageForm
        ready={!answering && history !== "loading"}
        answering={answering}
        onSend={conversation.send}
        onStop={conversation.stop}
      />
    </section>
  );
}
