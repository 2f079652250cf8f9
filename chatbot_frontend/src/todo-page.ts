import type { Todo, TodoPage } from "./api.ts";
import { requestJson } from "./request.ts";

export type Filter = "all" | "open" | "done";

/** Which todos are shown. */
export interface View {
  filter: Filter;
  q: string;
  size: number;
}

/** The backend's limit. */
const LARGEST_REQUEST = 100;

async function requestPage(
  q: string,
  completed: boolean,
  offset: number,
  limit: number,
  signal: AbortSignal,
) {
  const query = new URLSearchParams({
    completed: String(completed),
    sort: "-created_at",
    offset: String(offset),
    limit: String(limit),
  });
  if (q !== "") query.set("q", q);
  return (await requestJson(`/api/todos?${query.toString()}`, { signal })) as TodoPage;
}

/** Reads the first `size` todos, in as many requests as needed; at least one, for the total. */
async function readFirst(
  q: string,
  completed: boolean,
  size: number,
  signal: AbortSignal,
): Promise<TodoPage> {
  const items: Todo[] = [];
  for (;;) {
    const limit = Math.max(1, Math.min(LARGEST_REQUEST, size - items.length));
    const page = await requestPage(q, completed, items.length, limit, signal);
    items.push(...page.items);
    if (items.length >= size || page.items.length < limit) return { items, total: page.total };
  }
}

/**
 * Reads the first `size` todos of a view, open ones before done ones. The backend cannot sort like this, hence the two
 * lists. A larger page is read from the start: an offset could skip or repeat todos after changes meanwhile.
 */
export async function readPage({ filter, q, size }: View, signal: AbortSignal): Promise<TodoPage> {
  const none: TodoPage = { items: [], total: 0 };
  const [open, done] = await Promise.all([
    filter === "done" ? none : readFirst(q, false, size, signal),
    filter === "open" ? none : readFirst(q, true, size, signal),
  ]);
  return { items: [...open.items, ...done.items].slice(0, size), total: open.total + done.total };
}

function compareTodos(a: Todo, b: Todo): number {
  if (a.completed !== b.completed) return a.completed ? 1 : -1;
  return b.created_at.localeCompare(a.created_at);
}

export function removeTodo(page: TodoPage, id: string): TodoPage {
  const items = page.items.filter((todo) => todo.id !== id);
  return { items, total: page.total - (page.items.length - items.length) };
}

/** The page with a todo inserted or replaced, if the todo belongs to the view. */
export function insertTodo(page: TodoPage, todo: Todo, filter: Filter): TodoPage {
  const others = removeTodo(page, todo.id);
  if (filter !== "all" && todo.completed !== (filter === "done")) return others;
  return { items: [...others.items, todo].sort(compareTodos), total: others.total + 1 };
}

/**
 * The page after a change of a todo. A todo that moves to the end is removed if the list continues after this page, as
 * other todos may come before it.
 */
export function replaceTodo(page: TodoPage, todo: Todo, filter: Filter): TodoPage {
  const result = insertTodo(page, todo, filter);
  const movedToEnd = result.items.at(-1) === todo && page.items.at(-1)?.id !== todo.id;
  if (!movedToEnd || result.items.length === result.total) return result;
  return { ...result, items: result.items.slice(0, -1) };
}
