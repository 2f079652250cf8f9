import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import type { NewTodo, Todo, TodoChanges } from "./api.ts";
import { IdempotencyKeys } from "./idempotency-key.ts";
import { isUncertain } from "./problem.ts";
import { changeTodo, createTodo, deleteTodo } from "./todo.ts";
import { readPage, withChanged, without, type View } from "./todo-page.ts";
import { useDeletions } from "./use-deletions.ts";
import { useFailure } from "./use-failure.ts";
import { useLast } from "./use-last.ts";
import { useMutationCount } from "./use-mutation-count.ts";
import { TODOS, useWrite } from "./use-write.ts";

const PAGE_SIZE = 20;

/** What the server has of a view. */
function usePage(view: View) {
  // A page read before a write has landed would undo on the screen what the person has just done.
  const writing = useMutationCount({ mutationKey: TODOS }) > 0;
  const query = useQuery({
    queryKey: [...TODOS, view],
    queryFn: ({ signal }) => readPage(view, signal),
    placeholderData: keepPreviousData,
    enabled: !writing,
  });
  // When the next view cannot be read, the last one is better than none.
  return { page: useLast(query.data), failure: useFailure(query) };
}

/** Adds a todo once, however often it is tried. */
function useAdd(write: ReturnType<typeof useWrite>["write"]) {
  const [keys] = useState(() => new IdempotencyKeys());
  return (todo: NewTodo): Promise<boolean> => {
    const key = keys.keyOf(todo);
    const request = async () => {
      try {
        const created = await createTodo(todo, key);
        keys.settle();
        return created;
      } catch (error) {
        if (!isUncertain(error)) keys.settle();
        throw error;
      }
    };
    return write({ request, failure: `“${todo.title}” could not be added` });
  };
}

export function useTodos() {
  const client = useQueryClient();
  const [view, setView] = useState<View>({ filter: "all", q: "", size: PAGE_SIZE });
  const { page, failure } = usePage(view);
  const { write, attempt, refusal } = useWrite();
  const deletions = useDeletions((todo) =>
    write({
      request: () => deleteTodo(todo.id),
      failure: `“${todo.title}” could not be deleted`,
      todo,
      expected: (now) => without(now, todo.id),
    }),
  );

  function changing(todo: Todo, changes: TodoChanges) {
    return {
      request: () => changeTodo(todo.id, changes),
      failure: `“${todo.title}” could not be changed`,
      todo,
    };
  }

  return {
    view,
    page: page && deletions.held.reduce((now, { todo }) => without(now, todo.id), page),
    failure,
    refusal,
    deletions,
    look: useCallback((change: Partial<Pick<View, "filter" | "q">>) => {
      setView((now) => ({ ...now, ...change, size: PAGE_SIZE }));
    }, []),
    lookFurther: () => {
      setView((now) => ({ ...now, size: now.size + PAGE_SIZE }));
    },
    reload: useCallback(() => void client.invalidateQueries({ queryKey: TODOS }), [client]),
    add: useAdd(write),
    /** Shown at once, and put back when the server refuses. */
    complete: (todo: Todo, completed: boolean) =>
      write({
        ...changing(todo, { completed }),
        expected: (now, filter) => withChanged(now, { ...todo, completed }, filter),
      }),
    /** Sends what is not sent yet, then this request, and throws what that is refused with. */
    finish: (request: () => Promise<void>) => {
      deletions.finishAll();
      return attempt({ request: () => request().then(() => undefined), failure: "" });
    },
    /** Throws what the server refuses it with, for the form that it comes from. */
    save: (todo: Todo, changes: TodoChanges) => attempt(changing(todo, changes)),
  };
}

export type Todos = ReturnType<typeof useTodos>;
