import type { Todo, TodoPage } from "./api.ts";
import { requestJson } from "./request.ts";

export type Filter = "all" | "open" | "done";

/** What of the todos is looked at. */
export interface View {
  filter: Filter;
  q: string;
  size: number;
}

/** The backend's own limit. */
const LARGEST_REQUEST = 100;

async function readSome(q: string, completed: boolean, offset: number, limit: number, signal: AbortSignal) {
  const query = new URLSearchParams({
    completed: String(completed),
    sort: "-created_at",
    offset: String(offset),
    limit: String(limit),
  });
  if (q !== "") query.set("q", q);
  return (await requestJson(`/api/todos?${query.toString()}`, { signal })) as TodoPage;
}

/** As many as wanted from the start, in as many requests as it takes; at least one, for the total. */
async function readFirst(
  q: string,
  completed: boolean,
  size: number,
  signal: AbortSignal,
): Promise<TodoPage> {
  const items: Todo[] = [];
  for (;;) {
    const limit = Math.max(1, Math.min(LARGEST_REQUEST, size - items.length));
    const page = await readSome(q, completed, items.length, limit, signal);
    items.push(...page.items);
    if (items.length >= size || page.items.length < limit) return { items, total: page.total };
  }
}

/**
 * The first `size` todos of a view, open ones before done ones: the backend cannot sort so, hence the two lists.
 * More is read from the start again: an offset would skip or repeat todos when some came or went meanwhile.
 */
export async function readPage({ filter, q, size }: View, signal: AbortSignal): Promise<TodoPage> {
  const none: TodoPage = { items: [], total: 0 };
  const [open, done] = await Promise.all([
    filter === "done" ? none : readFirst(q, false, size, signal),
    filter === "open" ? none : readFirst(q, true, size, signal),
  ]);
  return { items: [...open.items, ...done.items].slice(0, size), total: open.total + done.total };
}

function before(a: Todo, b: Todo): number {
  if (a.completed !== b.completed) return a.completed ? 1 : -1;
  return b.created_at.localeCompare(a.created_at);
}

export function without(page: TodoPage, id: string): TodoPage {
  const items = page.items.filter((todo) => todo.id !== id);
  return { items, total: page.total - (page.items.length - items.length) };
}

/** The page with a todo in it as it is given, where the view has a place for it. */
export function withTodo(page: TodoPage, todo: Todo, filter: Filter): TodoPage {
  const others = without(page, todo.id);
  if (filter !== "all" && todo.completed !== (filter === "done")) return others;
  return { items: [...others.items, todo].sort(before), total: others.total + 1 };
}

/**
 * The page once a todo has changed. One that moves behind all that is shown, where more follows, is no longer on it:
 * nobody knows what stands before it.
 */
export function withChanged(page: TodoPage, todo: Todo, filter: Filter): TodoPage {
  const changed = withTodo(page, todo, filter);
  const moved = changed.items.at(-1) === todo && page.items.at(-1)?.id !== todo.id;
  if (!moved || changed.items.length === changed.total) return changed;
  return { ...changed, items: changed.items.slice(0, -1) };
}
