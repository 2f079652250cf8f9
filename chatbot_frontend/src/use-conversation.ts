import { useEffect, useRef, useState } from "react";
import type { Message } from "./api.ts";
import { askOrCreateConversation, deleteConversation } from "./conversation.ts";
import { describeError } from "./problem.ts";
import { storeConversationId, loadConversationId } from "./stored-conversation.ts";
import { useHistory } from "./use-history.ts";

/** A message that only this page has, as the server has not stored it. */
function localMessage(role: Message["role"], content: string): Message {
  return { id: `local-${role}-${String(performance.now())}`, role, content };
}

export function useConversation(user: string, onTodosChanged: () => void) {
  const [id, setId] = useState(() => loadConversationId(user));
  // Whose history to read; that of a conversation created by this page is already on the screen.
  const [historyId, setHistoryId] = useState(id);
  const history = useHistory(historyId);
  // The messages since the page was opened.
  const [messages, setMessages] = useState<Message[]>([]);
  const [answer, setAnswer] = useState<string>();
  const [failure, setFailure] = useState<string>();
  const activeRequest = useRef<AbortController>(undefined);

  // Stop the answer when the user has signed out.
  useEffect(() => () => activeRequest.current?.abort(), []);

  function switchTo(nextId: string | undefined) {
    setId(nextId);
    storeConversationId(user, nextId);
  }

  /** Asks a question and shows its answer; returns false if the question should be asked again. */
  async function send(content: string): Promise<boolean> {
    const question = localMessage("user", content);
    const controller = new AbortController();
    activeRequest.current = controller;
    let answerText = "";
    setFailure(undefined);
    setMessages((previous) => [...previous, question]);
    setAnswer(answerText);
    try {
      for await (const event of askOrCreateConversation(id, content, controller.signal, switchTo)) {
        if (event.kind === "token") setAnswer((answerText += event.text));
        else if (event.kind === "todos") onTodosChanged();
        else setMessages((previous) => [...previous, event.message]);
      }
      return true;
    } catch (error) {
      if (answerText !== "") {
        setMessages((previous) => [
          ...previous,
          { ...localMessage("assistant", answerText), finished: false },
        ]);
      } else if (!controller.signal.aborted) {
        setMessages((previous) => previous.filter((message) => message !== question));
      }
      if (!controller.signal.aborted) setFailure(describeError(error));
      // Changes before the error are done.
      onTodosChanged();
      return controller.signal.aborted;
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
    stop: () => activeRequest.current?.abort(),
    startNewConversation: () => {
      // Nobody can return to the old conversation. If it cannot be deleted, it does no harm.
      if (id !== undefined) deleteConversation(id).catch(() => undefined);
      switchTo(undefined);
      setHistoryId(undefined);
      setMessages([]);
      setFailure(undefined);
    },
  };
}
