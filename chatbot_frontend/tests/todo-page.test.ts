import { beforeEach, describe, expect, it } from "vitest";
import { readPage, insertTodo, removeTodo } from "../src/todo-page.ts";
import { FakeServer } from "./fake-server.ts";

const signal = new AbortController().signal;
let server: FakeServer;

beforeEach(() => {
  server = new FakeServer();
});

describe("a page of todos", () => {
  it("has the open ones first, each kind with the newest first", async () => {
    server.has("old");
    server.has("done", { completed: true });
    server.has("new");
    const page = await readPage({ filter: "all", q: "", size: 20 }, signal);
    expect(page.items.map((todo) => todo.title)).toEqual(["new", "old", "done"]);
  });

  it("counts what it does not show", async () => {
    for (const title of ["a", "b", "c"]) server.has(title);
    server.has("d", { completed: true });
    const page = await readPage({ filter: "all", q: "", size: 2 }, signal);
    expect(page.items).toHaveLength(2);
    expect(page.total).toBe(4);
  });

  it("is read in several requests when it is larger than the backend gives at once", async () => {
    for (let number = 0; number < 230; number++) server.has(`todo ${String(number)}`);
    const page = await readPage({ filter: "open", q: "", size: 220 }, signal);
    expect(new Set(page.items.map((todo) => todo.id)).size).toBe(220);
    expect(server.requests).toHaveLength(3);
  });

  it("asks only for the kind that is looked at", async () => {
    server.has("open");
    server.has("done", { completed: true });
    expect((await readPage({ filter: "done", q: "", size: 20 }, signal)).total).toBe(1);
    expect(server.requests).toHaveLength(1);
  });

  it("has a changed todo in the place it belongs, and one time only", () => {
    const first = server.has("first");
    const second = server.has("second");
    const page = { items: [second, first], total: 2 };
    const changed = insertTodo(page, { ...second, completed: true }, "all");
    expect(changed.items.map((todo) => todo.title)).toEqual(["first", "second"]);
    expect(changed.total).toBe(2);
  });

  it("loses a todo that the filter no longer allows", () => {
    const todo = server.has("first");
    expect(insertTodo({ items: [todo], total: 1 }, { ...todo, completed: true }, "open")).toEqual({
      items: [],
      total: 0,
    });
  });

  it("stays as it is when what goes was not on it", () => {
    const page = { items: [server.has("first")], total: 5 };
    expect(removeTodo(page, "unknown")).toEqual(page);
  });
});
