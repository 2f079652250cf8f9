import { MutationObserver, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Todo, TodoPage } from "./api.ts";
import { explained } from "./problem.ts";
import { withChanged, withTodo, type Filter, type View } from "./todo-page.ts";

/** The key of all that is read and written of todos; of a page its view follows. */
export const TODOS = ["todos"] as const;

export interface Write {
  /** Gives the todo as the server has it now, where there still is one. */
  request: () => Promise<Todo | undefined>;
  failure: string;
  /** What is changed; shown as it was again when the server refuses. */
  todo?: Todo;
  /** What a page that has it is expected to become, shown at once. */
  expected?: (page: TodoPage, filter: Filter) => TodoPage;
}

type PageKey = readonly ["todos", View];

function pagesWith(client: QueryClient, id: string): PageKey[] {
  return client
    .getQueriesData<TodoPage>({ queryKey: TODOS })
    .filter(([, page]) => page?.items.some((todo) => todo.id === id))
    .map(([key]) => key as unknown as PageKey);
}

/** `useMutation` would also render the state of the mutation, which nobody looks at. */
function pageMutation(client: QueryClient) {
  function update(keys: readonly PageKey[], change: (page: TodoPage, filter: Filter) => TodoPage) {
    for (const key of keys) {
      client.setQueryData<TodoPage>(key, (page) => page && change(page, key[1].filter));
    }
  }

  return new MutationObserver(client, {
    mutationKey: TODOS,
    // One after the other, or the later of two changes of one todo may arrive first.
    scope: { id: "todos" },
    mutationFn: ({ request }: Write) => request(),
    onMutate: async ({ todo, expected }: Write) => {
      await client.cancelQueries({ queryKey: TODOS });
      const changed = todo ? pagesWith(client, todo.id) : [];
      if (expected) update(changed, expected);
      return changed;
    },
    onSuccess: (answer, _, changed) => {
      if (!answer) return;
      const still = new Set(pagesWith(client, answer.id));
      update(
        changed.filter((key) => still.has(key)),
        (page, filter) => withChanged(page, answer, filter),
      );
    },
    onError: (_, { todo }, changed = []) => {
      // Only this one todo is put back: others may have been written meanwhile.
      if (todo) update(changed, (page, filter) => withTodo(page, todo, filter));
    },
    onSettled: () => {
      if (client.isMutating({ mutationKey: TODOS }) === 1) void client.invalidateQueries({ queryKey: TODOS });
    },
  });
}

export function useWrite() {
  const client = useQueryClient();
  const [mutation] = useState(() => pageMutation(client));
  const [refusal, setRefusal] = useState<string>();

  async function attempt(write: Write): Promise<void> {
    setRefusal(undefined);
    await mutation.mutate(write);
  }

  /** False when it is refused, which is then said for the whole list. */
  async function write(wanted: Write): Promise<boolean> {
    try {
      await attempt(wanted);
      return true;
    } catch (error) {
      setRefusal(`${wanted.failure}: ${explained(error)}`);
      return false;
    }
  }

  return { write, attempt, refusal };
}
