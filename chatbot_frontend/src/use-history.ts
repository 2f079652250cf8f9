import { useEffect, useReducer, useState } from "react";
import type { Message } from "./api.ts";
import { readConversation } from "./conversation.ts";
import { isMissing } from "./problem.ts";

export type HistoryState = "loading" | "read" | "unreachable";

/** Reads once what was said before in the conversation this browser was in. */
export function useHistory(
  remembered: string | undefined,
  onRead: (messages: Message[]) => void,
  onMissing: () => void,
) {
  const [state, setState] = useState<HistoryState>(remembered === undefined ? "read" : "loading");
  const [attempt, tryAgain] = useReducer((attempts: number) => attempts + 1, 0);

  useEffect(() => {
    if (remembered === undefined) return;
    const reading = new AbortController();
    readConversation(remembered, reading.signal).then(
      ({ messages }) => {
        if (reading.signal.aborted) return;
        setState("read");
        onRead(messages);
      },
      (error: unknown) => {
        if (reading.signal.aborted) return;
        setState(isMissing(error) ? "read" : "unreachable");
        if (isMissing(error)) onMissing();
      },
    );
    return () => {
      reading.abort();
    };
  }, [remembered, attempt, onRead, onMissing]);

  return { state, tryAgain };
}
