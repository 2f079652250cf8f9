import type { NewTodo, Todo, TodoChanges } from "./api.ts";
import { isMissing } from "./problem.ts";
import { requestJson } from "./request.ts";

export const LONGEST_TITLE = 200;
export const LONGEST_DESCRIPTION = 10_000;

/** Creates a todo; requests with the same `key` are repetitions, for which the backend creates only one. */
export async function createTodo(todo: NewTodo, key: string): Promise<Todo> {
  const headers = { "Idempotency-Key": key };
  return (await requestJson("/api/todos", { method: "POST", body: todo, headers })) as Todo;
}

export async function changeTodo(id: string, changes: TodoChanges): Promise<Todo> {
  return (await requestJson(`/api/todos/${id}`, { method: "PATCH", body: changes })) as Todo;
}

/** Deletes a todo, even if the page is closed meanwhile; succeeds if the todo is already gone. */
export async function deleteTodo(id: string): Promise<undefined> {
  try {
    await requestJson(`/api/todos/${id}`, { method: "DELETE", keepalive: true });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return undefined;
}
