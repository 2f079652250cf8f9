import { useEffect, useRef, useState } from "react";
import type { Message } from "./api.ts";
import { askSomewhere, deleteConversation } from "./conversation.ts";
import { explained } from "./problem.ts";
import { rememberConversation, rememberedConversation } from "./remembered-conversation.ts";
import { useHistory } from "./use-history.ts";

/** One that is only here, as the server never finished or never heard it. */
function localMessage(role: Message["role"], content: string): Message {
  return { id: `local-${role}-${String(performance.now())}`, role, content };
}

export function useConversation(user: string, onTodosChanged: () => void) {
  const [id, setId] = useState(() => rememberedConversation(user));
  // The one to read the history of; a conversation made by this page has none that is not on the screen.
  const [remembered, setRemembered] = useState(id);
  const history = useHistory(remembered);
  // What was said since the page was opened.
  const [messages, setMessages] = useState<Message[]>([]);
  const [answer, setAnswer] = useState<string>();
  const [failure, setFailure] = useState<string>();
  const asking = useRef<AbortController>(undefined);

  // Nobody reads the answer once the person has signed out.
  useEffect(() => () => asking.current?.abort(), []);

  function enter(entered: string | undefined) {
    setId(entered);
    rememberConversation(user, entered);
  }

  /** Adds a question and its answer; false when the question should be asked again. */
  async function send(content: string): Promise<boolean> {
    const question = localMessage("user", content);
    const stop = new AbortController();
    asking.current = stop;
    let heard = "";
    setFailure(undefined);
    setMessages((now) => [...now, question]);
    setAnswer(heard);
    try {
      for await (const event of askSomewhere(id, content, stop.signal, enter)) {
        if (event.kind === "token") setAnswer((heard += event.text));
        else if (event.kind === "todos") onTodosChanged();
        else setMessages((now) => [...now, event.message]);
      }
      return true;
    } catch (error) {
      if (heard !== "") {
        setMessages((now) => [...now, { ...localMessage("assistant", heard), finished: false }]);
      } else if (!stop.signal.aborted) {
        setMessages((now) => now.filter((message) => message !== question));
      }
      if (!stop.signal.aborted) setFailure(explained(error));
      // What was done before it broke off is done.
      onTodosChanged();
      return stop.signal.aborted;
    } finally {
      setAnswer(undefined);
    }
  }

  return {
    messages: [...history.messages, ...messages],
    answer,
    failure,
    history,
    send,
    stop: () => asking.current?.abort(),
    startAnew: () => {
      // Nobody can come back to the old one, so the server need not keep it; it does no harm if it does.
      if (id !== undefined) deleteConversation(id).catch(() => undefined);
      enter(undefined);
      setRemembered(undefined);
      setMessages([]);
      setFailure(undefined);
    },
  };
}
