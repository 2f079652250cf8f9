import { render, screen, waitFor, within } from "@testing-library/react";
import { userEvent, type UserEvent } from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { App } from "../src/app.tsx";
import { FakeServer, problem } from "./fake-server.ts";

let server: FakeServer;
let user: UserEvent;

beforeEach(() => {
  server = new FakeServer();
  user = userEvent.setup();
});

function titles(): (string | null)[] {
  const list = screen.getByRole("list", { name: "Todos" });
  return within(list)
    .queryAllByRole("checkbox")
    .map((box) => box.parentElement?.textContent ?? null);
}

function checkbox(title: string): Promise<HTMLElement> {
  return screen.findByRole("checkbox", { name: title });
}

describe("the list", () => {
  it("says when there is nothing", async () => {
    render(<App />);
    expect(screen.getByText("Loading…")).toBeVisible();
    expect(await screen.findByText("Nothing to do yet")).toBeVisible();
  });

  it("shows when a todo is due, and when it is overdue", async () => {
    server.has("late", { due_at: "2020-03-01T10:00:00Z" });
    server.has("in time", { due_at: "2100-03-01T10:00:00Z" });
    render(<App />);
    expect(await screen.findByText(/Overdue since/)).toHaveTextContent("Mar 1, 2020");
    expect(screen.getByText(/^Due/)).toHaveTextContent("2100");
  });

  it("says that it cannot be reached, and can be tried again", async () => {
    server.prescribe("GET /api/todos", () => Promise.reject(new TypeError("Failed to fetch")));
    server.has("milk");
    render(<App />);
    const alert = (await screen.findByText(/The todos cannot be reached just now/)).closest("div");
    await user.click(screen.getByRole("button", { name: "Retry" }));
    expect(await checkbox("milk")).toBeVisible();
    expect(alert).not.toBeInTheDocument();
    expect(screen.getByLabelText("New todo")).toHaveFocus();
  });

  it("loads more, and leaves the focus at the place where more has come", async () => {
    for (let number = 1; number <= 25; number++) server.has(`todo ${String(number)}`);
    render(<App />);
    await checkbox("todo 25");
    expect(titles()).toHaveLength(20);
    await user.click(screen.getByRole("button", { name: "Load more" }));
    await waitFor(() => {
      expect(titles()).toHaveLength(25);
    });
    expect(screen.queryByRole("button", { name: "Load more" })).not.toBeInTheDocument();
    expect(await checkbox("todo 6")).toHaveFocus();
  });

  it("can be narrowed to what is open, what is done and what is searched", async () => {
    server.has("buy milk");
    server.has("buy bread", { completed: true });
    server.has("sleep");
    render(<App />);
    await checkbox("sleep");

    await user.click(screen.getByRole("radio", { name: "Done" }));
    expect(await screen.findByText("1 todo")).toBeVisible();
    expect(titles()).toEqual(["buy bread"]);

    await user.click(screen.getByRole("radio", { name: "Open" }));
    expect(await screen.findByText("2 todos")).toBeVisible();
    await user.type(screen.getByRole("searchbox", { name: "Search todos" }), "buy");
    expect(await screen.findByText("1 todo found")).toBeVisible();
    expect(titles()).toEqual(["buy milk"]);

    await user.type(screen.getByRole("searchbox", { name: "Search todos" }), " tea");
    expect(await screen.findByText("Nothing is found")).toBeVisible();
  });
});

describe("adding", () => {
  it("puts the new todo first and empties the field", async () => {
    server.has("old");
    render(<App />);
    await user.type(screen.getByLabelText("New todo"), "  milk {Enter}");
    await checkbox("milk");
    expect(titles()).toEqual(["milk", "old"]);
    expect(screen.getByLabelText("New todo")).toHaveValue("");
  });

  it("asks nothing of the server for an empty title", async () => {
    render(<App />);
    await user.type(screen.getByLabelText("New todo"), "  {Enter}");
    expect(server.requests).not.toContain("POST /api/todos");
  });

  it("keeps the text when the server refuses", async () => {
    server.prescribe("POST /api/todos", () => problem(422, "The title is not nice"));
    render(<App />);
    await user.type(screen.getByLabelText("New todo"), "milk{Enter}");
    expect(await screen.findByText("“milk” could not be added: The title is not nice")).toBeVisible();
    expect(screen.getByLabelText("New todo")).toHaveValue("milk");
  });
});

describe("completing", () => {
  it("shows at once, moves the todo down and keeps the focus on it", async () => {
    server.has("milk");
    server.has("bread");
    render(<App />);
    await user.click(await checkbox("bread"));
    expect(await checkbox("bread")).toBeChecked();
    expect(titles()).toEqual(["milk", "bread"]);
    expect(await checkbox("bread")).toHaveFocus();
    await waitFor(() => {
      expect(server.todos.find((todo) => todo.title === "bread")?.completed).toBe(true);
    });
  });

  it("keeps the place in a long list, where a done todo goes behind what is shown", async () => {
    for (let number = 1; number <= 25; number++) server.has(`todo ${String(number)}`);
    render(<App />);
    await user.click(await checkbox("todo 20"));
    expect(screen.queryByRole("checkbox", { name: "todo 20" })).not.toBeInTheDocument();
    expect(await checkbox("todo 19")).toHaveFocus();
    expect(await checkbox("todo 5")).toBeVisible();
    expect(await checkbox("todo 19")).toHaveFocus();
  });

  it("is put back when the server refuses", async () => {
    const todo = server.has("milk");
    server.prescribe(`PATCH /api/todos/${todo.id}`, () => problem(503, "The database is away"));
    render(<App />);
    await user.click(await checkbox("milk"));
    expect(await screen.findByText("“milk” could not be changed: The database is away")).toBeVisible();
    expect(await checkbox("milk")).not.toBeChecked();
  });

  it("moves the focus on when the todo leaves what is looked at", async () => {
    server.has("milk");
    server.has("bread");
    render(<App />);
    await checkbox("milk");
    await user.click(screen.getByRole("radio", { name: "Open" }));
    await user.click(await checkbox("bread"));
    expect(await checkbox("milk")).toHaveFocus();
    expect(titles()).toEqual(["milk"]);
  });
});

describe("renaming", () => {
  it("saves with Enter and gives the focus back", async () => {
    server.has("milk");
    render(<App />);
    await user.click(await screen.findByRole("button", { name: "Rename milk" }));
    const input = screen.getByLabelText("New title of milk");
    expect(input).toHaveFocus();
    await user.keyboard("bread{Enter}");
    expect(await checkbox("bread")).toBeVisible();
    expect(screen.getByRole("button", { name: "Rename bread" })).toHaveFocus();
  });

  it("leaves the title alone with Escape, with Cancel and with nothing in it", async () => {
    server.has("milk");
    render(<App />);
    const rename = async () => user.click(await screen.findByRole("button", { name: "Rename milk" }));
    await rename();
    await user.keyboard("bread{Escape}");
    await rename();
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    await rename();
    await user.clear(screen.getByLabelText("New title of milk"));
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await checkbox("milk")).toBeVisible();
    expect(server.requests).not.toContain("PATCH /api/todos/1");
  });
});

describe("deleting", () => {
  it("gives the focus to the next todo, then to the one before, then to the field for a new one", async () => {
    for (const title of ["third", "second", "first"]) server.has(title);
    render(<App />);
    await user.click(await screen.findByRole("button", { name: "Delete second" }));
    expect(await checkbox("third")).toHaveFocus();
    await user.click(screen.getByRole("button", { name: "Delete third" }));
    expect(await checkbox("first")).toHaveFocus();
    await user.click(screen.getByRole("button", { name: "Delete first" }));
    expect(screen.getByLabelText("New todo")).toHaveFocus();
    expect(await screen.findByText("Nothing to do yet")).toBeVisible();
    await waitFor(() => {
      expect(server.todos).toEqual([]);
    });
  });

  it("is put back when the server cannot be reached", async () => {
    const todo = server.has("milk");
    server.prescribe(`DELETE /api/todos/${todo.id}`, () => Promise.reject(new TypeError("Failed to fetch")));
    render(<App />);
    await user.click(await screen.findByRole("button", { name: "Delete milk" }));
    expect(await screen.findByText(/“milk” could not be deleted/)).toBeVisible();
    expect(await checkbox("milk")).toBeVisible();
  });
});
