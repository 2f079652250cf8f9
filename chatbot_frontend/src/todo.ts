import type { Todo, TodoChanges } from "./api.ts";
import { requestJson } from "./request.ts";

export const LONGEST_TITLE = 200;

export async function createTodo(title: string): Promise<Todo> {
  return (await requestJson("/api/todos", { method: "POST", body: { title } })) as Todo;
}

export async function changeTodo(id: string, changes: TodoChanges): Promise<Todo> {
  return (await requestJson(`/api/todos/${id}`, { method: "PATCH", body: changes })) as Todo;
}

export async function deleteTodo(id: string): Promise<void> {
  await requestJson(`/api/todos/${id}`, { method: "DELETE" });
}
