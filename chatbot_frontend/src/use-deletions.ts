import { useEffect, useState } from "react";
import type { Todo } from "./api.ts";
import { deleteTodo } from "./todo.ts";

export interface Deletion {
  todo: Todo;
  /** Whether the request was sent, so that it is too late to undo. */
  sent: boolean;
}

/**
 * Todos deleted on the page, but on the server only when the deletion can no longer be undone. Until then the server
 * still has them, whatever happens to the page.
 */
export function useDeletions(send: (todo: Todo) => Promise<unknown>) {
  const [pending, setPending] = useState<readonly Deletion[]>([]);

  function drop(todo: Todo) {
    setPending((previous) => previous.filter((deletion) => deletion.todo.id !== todo.id));
  }

  function finish(todo: Todo) {
    markSent(({ id }) => id === todo.id);
    void send(todo).finally(() => {
      drop(todo);
    });
  }

  function markSent(matches: (todo: Todo) => boolean) {
    setPending((previous) =>
      previous.map((deletion) => (matches(deletion.todo) ? { ...deletion, sent: true } : deletion)),
    );
  }

  useEffect(() => {
    // Closing the page completes the deletions. Not by a mutation, which would start too late.
    function sendAll() {
      for (const { todo, sent } of pending) if (!sent) void deleteTodo(todo.id).catch(() => undefined);
      markSent(() => true);
    }
    addEventListener("pagehide", sendAll);
    return () => {
      removeEventListener("pagehide", sendAll);
    };
  }, [pending]);

  return {
    pending,
    remove: (todo: Todo) => {
      setPending((previous) => [...previous, { todo, sent: false }]);
    },
    undo: drop,
    finish,
    finishAll: () => {
      for (const { todo, sent } of pending) if (!sent) finish(todo);
    },
  };
}
