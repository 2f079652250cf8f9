import { LoadFailure } from "./load-failure.tsx";
import { Pane, type PaneState } from "./pane.tsx";
import { useLoaded } from "./use-loaded.ts";

interface Props {
  /** The id of who is signed in. */
  user: string;
  onTodosChanged: () => void;
  state: PaneState;
}

const loadChat = () => import("./chat.tsx");

/** The place of the chat, which is loaded once it is in sight: after the list, and on a phone with its tab. */
export function ChatPane({ user, onTodosChanged, state }: Props) {
  const { module, failure } = useLoaded(state !== "hidden", loadChat);
  return (
    <Pane id="chat" state={state}>
      {module ? (
        <module.Chat user={user} onTodosChanged={onTodosChanged} />
      ) : (
        <>
          <h2 id="chat-heading">Chat</h2>
          {failure === undefined ? <p className="summary">Loading…</p> : <LoadFailure what="The chat" />}
        </>
      )}
    </Pane>
  );
}
