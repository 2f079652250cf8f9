import { MutationObserver, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Todo, TodoPage } from "./api.ts";
import { describeError } from "./problem.ts";
import { replaceTodo, insertTodo, type Filter, type View } from "./todo-page.ts";

/** The key of all queries and mutations of todos; a page's key also has its view. */
export const TODOS = ["todos"] as const;

export interface Write {
  /** Returns the todo's new state on the server, if it still exists. */
  request: () => Promise<Todo | undefined>;
  failure: string;
  /** The todo before the change; restored if the server refuses. */
  todo?: Todo;
  /** Applied at once to the pages that have the todo. */
  optimisticUpdate?: (page: TodoPage, filter: Filter) => TodoPage;
}

type PageKey = readonly ["todos", View];

function findPagesWith(client: QueryClient, id: string): PageKey[] {
  return client
    .getQueriesData<TodoPage>({ queryKey: TODOS })
    .filter(([, page]) => page?.items.some((todo) => todo.id === id))
    .map(([key]) => key as unknown as PageKey);
}

/** Not `useMutation`, which would render again for the mutation's state, which nothing shows. */
function newPageMutation(client: QueryClient) {
  function update(keys: readonly PageKey[], change: (page: TodoPage, filter: Filter) => TodoPage) {
    for (const key of keys) {
      client.setQueryData<TodoPage>(key, (page) => page && change(page, key[1].filter));
    }
  }

  return new MutationObserver(client, {
    mutationKey: TODOS,
    // One at a time, or two changes of a todo could arrive in the wrong order.
    scope: { id: "todos" },
    mutationFn: ({ request }: Write) => request(),
    onMutate: async ({ todo, optimisticUpdate }: Write) => {
      await client.cancelQueries({ queryKey: TODOS });
      const keys = todo ? findPagesWith(client, todo.id) : [];
      if (optimisticUpdate) update(keys, optimisticUpdate);
      return keys;
    },
    onSuccess: (answer, _, keys) => {
      if (!answer) return;
      const currentKeys = new Set(findPagesWith(client, answer.id));
      update(
        keys.filter((key) => currentKeys.has(key)),
        (page, filter) => replaceTodo(page, answer, filter),
      );
    },
    onError: (_, { todo }, keys = []) => {
      // Restore only this todo: others may have been written meanwhile.
      if (todo) update(keys, (page, filter) => insertTodo(page, todo, filter));
    },
    onSettled: () => {
      if (client.isMutating({ mutationKey: TODOS }) === 1) void client.invalidateQueries({ queryKey: TODOS });
    },
  });
}

export function useWrite() {
  const client = useQueryClient();
  const [mutation] = useState(() => newPageMutation(client));
  const [refusal, setRefusal] = useState<string>();

  async function attempt(operation: Write): Promise<void> {
    setRefusal(undefined);
    await mutation.mutate(operation);
  }

  /** Returns false if the server refuses, and sets `refusal`, which is shown above the list. */
  async function write(operation: Write): Promise<boolean> {
    try {
      await attempt(operation);
      return true;
    } catch (error) {
      setRefusal(`${operation.failure}: ${describeError(error)}`);
      return false;
    }
  }

  return { write, attempt, refusal };
}
