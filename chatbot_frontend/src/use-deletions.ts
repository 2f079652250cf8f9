import { useEffect, useState } from "react";
import type { Todo } from "./api.ts";
import { deleteTodo } from "./todo.ts";

export interface Deletion {
  todo: Todo;
  /** Whether the server is being asked, so that it is too late to undo. */
  sent: boolean;
}

/**
 * Todos that are deleted on the page, and on the server only when they can no longer be undone. Until then the server
 * has them: nothing is lost, whatever happens to the page.
 */
export function useDeletions(send: (todo: Todo) => Promise<unknown>) {
  const [held, setHeld] = useState<readonly Deletion[]>([]);

  function drop(todo: Todo) {
    setHeld((now) => now.filter((one) => one.todo.id !== todo.id));
  }

  function finish(todo: Todo) {
    markSent(({ id }) => id === todo.id);
    void send(todo).finally(() => {
      drop(todo);
    });
  }

  function markSent(sent: (todo: Todo) => boolean) {
    setHeld((now) => now.map((one) => (sent(one.todo) ? { ...one, sent: true } : one)));
  }

  useEffect(() => {
    // Who closes the page meant what they did. Not by a mutation: it would begin too late.
    function sendAll() {
      for (const { todo, sent } of held) if (!sent) void deleteTodo(todo.id).catch(() => undefined);
      markSent(() => true);
    }
    addEventListener("pagehide", sendAll);
    return () => {
      removeEventListener("pagehide", sendAll);
    };
  }, [held]);

  return {
    held,
    remove: (todo: Todo) => {
      setHeld((now) => [...now, { todo, sent: false }]);
    },
    undo: drop,
    finish,
    finishAll: () => {
      for (const { todo, sent } of held) if (!sent) finish(todo);
    },
  };
}
