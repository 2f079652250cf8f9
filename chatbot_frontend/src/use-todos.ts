import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import type { NewTodo, Todo, TodoChanges } from "./api.ts";
import { IdempotencyKeys } from "./idempotency-key.ts";
import { isUncertain } from "./problem.ts";
import { changeTodo, createTodo, deleteTodo } from "./todo.ts";
import { readPage, replaceTodo, removeTodo, type View } from "./todo-page.ts";
import { useDeletions } from "./use-deletions.ts";
import { useFailure } from "./use-failure.ts";
import { useLast } from "./use-last.ts";
import { useMutationCount } from "./use-mutation-count.ts";
import { TODOS, useWrite } from "./use-write.ts";

const PAGE_SIZE = 20;

/** Reads the page of a view. */
function usePage(view: View) {
  // A page read during a write would undo the user's change on the screen.
  const writing = useMutationCount({ mutationKey: TODOS }) > 0;
  const query = useQuery({
    queryKey: [...TODOS, view],
    queryFn: ({ signal }) => readPage(view, signal),
    placeholderData: keepPreviousData,
    enabled: !writing,
  });
  // If the next view cannot be read, keep showing the last one.
  return { page: useLast(query.data), failure: useFailure(query) };
}

/** Adds a todo once, however often the request is repeated. */
function useAdd(write: ReturnType<typeof useWrite>["write"]) {
  const [keys] = useState(() => new IdempotencyKeys());
  return (todo: NewTodo): Promise<boolean> => {
    const key = keys.keyFor(todo);
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
      optimisticUpdate: (previous) => removeTodo(previous, todo.id),
    }),
  );

  function newChange(todo: Todo, changes: TodoChanges) {
    return {
      request: () => changeTodo(todo.id, changes),
      failure: `“${todo.title}” could not be changed`,
      todo,
    };
  }

  return {
    view,
    page: page && deletions.pending.reduce((previous, { todo }) => removeTodo(previous, todo.id), page),
    failure,
    refusal,
    deletions,
    changeView: useCallback((change: Partial<Pick<View, "filter" | "q">>) => {
      setView((previous) => ({ ...previous, ...change, size: PAGE_SIZE }));
    }, []),
    loadMore: () => {
      setView((previous) => ({ ...previous, size: previous.size + PAGE_SIZE }));
    },
    reload: useCallback(() => void client.invalidateQueries({ queryKey: TODOS }), [client]),
    add: useAdd(write),
    /** Shown at once, and reverted if the server refuses it. */
    complete: (todo: Todo, completed: boolean) =>
      write({
        ...newChange(todo, { completed }),
        optimisticUpdate: (previous, filter) => replaceTodo(previous, { ...todo, completed }, filter),
      }),
    /** Sends pending deletions, then this request; throws this request's error. */
    finish: (request: () => Promise<void>) => {
      deletions.finishAll();
      return attempt({ request: () => request().then(() => undefined), failure: "" });
    },
    /** Throws the server's error, to be shown in the form. */
    save: (todo: Todo, changes: TodoChanges) => attempt(newChange(todo, changes)),
  };
}

export type Todos = ReturnType<typeof useTodos>;
