import { useCallback, useEffect, useReducer, useState } from "react";
import { explained } from "./problem.ts";
import { changeTodo, createTodo, deleteTodo } from "./todo.ts";
import type { Todo, TodoChanges, TodoPage } from "./api.ts";
import { readPage, withChanged, withTodo, without, type View } from "./todo-page.ts";

const PAGE_SIZE = 20;

interface Write {
  request: () => Promise<unknown>;
  failure: string;
  /** What the page is expected to become, shown at once. */
  expected?: (page: TodoPage) => TodoPage;
  /** What is shown again when the server refuses. */
  undo?: Todo;
}

function plus(sum: number, change: number): number {
  return sum + change;
}

/** What the server has of a view, read again whenever the view, the revision or the end of a write asks for it. */
function usePage(view: View, revision: number, writing: number) {
  const [page, setPage] = useState<TodoPage>();
  const [unreachable, setUnreachable] = useState(false);

  useEffect(() => {
    // A page read before a write has landed would undo on the screen what the person has just done.
    if (writing > 0) return;
    const reading = new AbortController();
    readPage(view, reading.signal).then(
      (found) => {
        if (reading.signal.aborted) return;
        setPage(found);
        setUnreachable(false);
      },
      () => {
        if (!reading.signal.aborted) setUnreachable(true);
      },
    );
    return () => {
      reading.abort();
    };
  }, [view, revision, writing]);

  return { page, setPage, unreachable };
}

export function useTodos() {
  const [view, setView] = useState<View>({ filter: "all", q: "", size: PAGE_SIZE });
  const [revision, revise] = useReducer(plus, 0);
  const [writing, addWriting] = useReducer(plus, 0);
  const [refusal, setRefusal] = useState<string>();
  const { page, setPage, unreachable } = usePage(view, revision, writing);

  async function write({ request, failure, expected, undo }: Write): Promise<boolean> {
    setRefusal(undefined);
    addWriting(1);
    if (expected) setPage((now) => now && expected(now));
    try {
      await request();
      return true;
    } catch (error) {
      // Only this one todo is put back: others may have been written meanwhile.
      if (undo) setPage((now) => now && withTodo(now, undo, view.filter));
      setRefusal(`${failure}: ${explained(error)}`);
      return false;
    } finally {
      addWriting(-1);
    }
  }

  return {
    view,
    page,
    unreachable,
    refusal,
    look: useCallback((change: Partial<Pick<View, "filter" | "q">>) => {
      setView((now) => ({ ...now, ...change, size: PAGE_SIZE }));
    }, []),
    lookFurther: () => {
      setView((now) => ({ ...now, size: now.size + PAGE_SIZE }));
    },
    reload: useCallback(() => {
      revise(1);
    }, []),
    add: (title: string) =>
      write({ request: () => createTodo(title), failure: `“${title}” could not be added` }),
    change: (todo: Todo, changes: TodoChanges) =>
      write({
        request: () => changeTodo(todo.id, changes),
        failure: `“${todo.title}” could not be changed`,
        expected: (now) => withChanged(now, { ...todo, ...changes }, view.filter),
        undo: todo,
      }),
    remove: (todo: Todo) =>
      write({
        request: () => deleteTodo(todo.id),
        failure: `“${todo.title}” could not be deleted`,
        expected: (now) => without(now, todo.id),
        undo: todo,
      }),
  };
}

export type Todos = ReturnType<typeof useTodos>;
