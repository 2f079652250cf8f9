import { LoadFailure } from "./load-failure.tsx";
import { Pane, type PaneState } from "./pane.tsx";
import { useLazyModule } from "./use-lazy-module.ts";

interface Props {
  /** The signed-in user's id. */
  user: string;
  onTodosChanged: () => void;
  state: PaneState;
}

const loadChat = () => import("./chat.tsx");

/** The pane of the chat, which is loaded once it is visible: after the list, and on a phone when its tab is opened. */
export function ChatPane({ user, onTodosChanged, state }: Props) {
  const { module, failure } = useLazyModule(state !== "hidden", loadChat);
  return (
    <Pane id="chat" state={state}>
      {module ? (
        <module.Chat user={user} onTodosChanged={onTodosChanged} />
      ) : (
        <>
          <h2 id="chat-heading">Chat</h2>
          {failure === undefined ? (
            <p className="summary">The chat is loading…</p>
          ) : (
            <LoadFailure what="The chat" />
          )}
        </>
      )}
    </Pane>
  );
}
