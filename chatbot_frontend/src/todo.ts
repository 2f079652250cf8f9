import type { NewTodo, Todo, TodoChanges } from "./api.ts";
import { isMissing } from "./problem.ts";
import { requestJson } from "./request.ts";

export const LONGEST_TITLE = 200;
export const LONGEST_DESCRIPTION = 10_000;

/** `key` says which requests are tries of one and the same: the backend makes one todo of them. */
export async function createTodo(todo: NewTodo, key: string): Promise<Todo> {
  const headers = { "Idempotency-Key": key };
  return (await requestJson("/api/todos", { method: "POST", body: todo, headers })) as Todo;
}

export async function changeTodo(id: string, changes: TodoChanges): Promise<Todo> {
  return (await requestJson(`/api/todos/${id}`, { method: "PATCH", body: changes })) as Todo;
}

/** Goes on when the page is closed. One that is gone already is deleted, too. */
export async function deleteTodo(id: string): Promise<undefined> {
  try {
    await requestJson(`/api/todos/${id}`, { method: "DELETE", keepalive: true });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return undefined;
}
