import { act, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { userEvent, type UserEvent } from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakeServer, problem, refusal } from "./fake-server.ts";
import { SignedIn } from "./signed-in.tsx";

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
    render(<SignedIn />);
    expect(screen.getByText("Loading…")).toBeVisible();
    expect(await screen.findByText("Nothing to do yet")).toBeVisible();
  });

  it("shows when a todo is due, and when it is overdue", async () => {
    server.has("late", { due_at: "2020-03-01T10:00:00Z" });
    server.has("in time", { due_at: "2100-03-02T04:59:00Z" });
    render(<SignedIn />);
    expect(await screen.findByText(/Overdue since/)).toHaveTextContent("1 March 2020, 05:00");
    expect(screen.getByText(/^Due/)).toHaveTextContent(/^Due 1 March 2100$/);
  });

  it("says that it cannot be reached, and can be tried again", async () => {
    server.prescribe("GET /api/todos", () => Promise.reject(new TypeError("Failed to fetch")));
    server.has("milk");
    render(<SignedIn />);
    const alert = (await screen.findByText(/The todos cannot be reached just now/)).closest("div");
    await user.click(screen.getByRole("button", { name: "Retry" }));
    expect(await checkbox("milk")).toBeVisible();
    expect(alert).not.toBeInTheDocument();
    expect(screen.getByLabelText("New todo")).toHaveFocus();
  });

  it("keeps a failure in sight while it is tried again, and says what it is", async () => {
    server.prescribe("GET /api/todos", () => refusal(["query/q", "no NUL, please"]));
    render(<SignedIn />);
    expect(await screen.findByText(/The todos cannot be shown: Search: no NUL, please/)).toBeVisible();
    let answer: (response: Response) => void = () => undefined;
    server.prescribe("GET /api/todos", () => new Promise((resolve) => (answer = resolve)));
    await user.click(screen.getByRole("button", { name: "Retry" }));
    expect(screen.getByRole("button", { name: "Retry" })).toHaveFocus();
    await act(async () => {
      answer(problem(503, ""));
      await Promise.resolve();
    });
    expect(await screen.findByText(/The todos cannot be reached just now/)).toBeVisible();
    expect(screen.getByRole("button", { name: "Retry" })).toHaveFocus();
  });

  it("stays when more of it cannot be read", async () => {
    for (let number = 1; number <= 25; number++) server.has(`todo ${String(number)}`);
    render(<SignedIn />);
    await checkbox("todo 25");
    server.prescribe("GET /api/todos", () => problem(503, ""));
    await user.click(screen.getByRole("button", { name: "Load more" }));
    expect(await screen.findByText(/The todos cannot be reached just now/)).toBeVisible();
    expect(titles()).toHaveLength(20);
  });

  it("loads more, and leaves the focus at the place where more has come", async () => {
    for (let number = 1; number <= 25; number++) server.has(`todo ${String(number)}`);
    render(<SignedIn />);
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
    render(<SignedIn />);
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
    render(<SignedIn />);
    await user.type(screen.getByLabelText("New todo"), "  milk {Enter}");
    await checkbox("milk");
    expect(titles()).toEqual(["milk", "old"]);
    expect(screen.getByLabelText("New todo")).toHaveValue("");
  });

  it("asks nothing of the server for an empty title", async () => {
    render(<SignedIn />);
    await user.type(screen.getByLabelText("New todo"), "  {Enter}");
    expect(server.requests).not.toContain("POST /api/todos");
  });

  it("keeps the text when the server refuses, and names the field", async () => {
    server.prescribe("POST /api/todos", () => refusal(["body/title", "is not nice"]));
    render(<SignedIn />);
    await user.type(screen.getByLabelText("New todo"), "milk{Enter}");
    expect(await screen.findByText("“milk” could not be added: Title: is not nice")).toBeVisible();
    expect(screen.getByLabelText("New todo")).toHaveValue("milk");
  });

  it("takes a description and a due date in the reader's time", async () => {
    render(<SignedIn />);
    await user.type(screen.getByLabelText("New todo"), "milk");
    await user.click(screen.getByRole("button", { name: "Description and due date" }));
    await user.type(screen.getByLabelText("Description"), "two pints");
    fireEvent.change(screen.getByLabelText("Due"), { target: { value: "2100-03-01T10:30" } });
    await user.click(screen.getByRole("button", { name: "Add" }));
    await checkbox("milk");
    expect(screen.getByText("two pints")).toBeVisible();
    expect(screen.getByText("1 March 2100, 10:30")).toBeVisible();
    expect(server.todos[0]).toMatchObject({ description: "two pints", due_at: "2100-03-01T15:30:00.000Z" });
    expect(screen.getByLabelText("Description")).toHaveValue("");
    expect(screen.getByLabelText("Due")).toHaveValue("");
  });

  it("sends one request however often it is asked on a slow network", async () => {
    let answer: (response: Response) => void = () => undefined;
    server.prescribe("POST /api/todos", () => new Promise((resolve) => (answer = resolve)));
    render(<SignedIn />);
    await user.type(screen.getByLabelText("New todo"), "milk{Enter}{Enter}");
    await user.click(screen.getByRole("button", { name: "Add" }));
    expect(server.requests.filter((request) => request === "POST /api/todos")).toHaveLength(1);
    answer(Response.json(server.has("milk"), { status: 201 }));
    await checkbox("milk");
  });

  it("has the key of the first try when nobody knows whether that has arrived, and else a new one", async () => {
    server.prescribe("POST /api/todos", () => Promise.reject(new TypeError("Failed to fetch")));
    render(<SignedIn />);
    const input = screen.getByLabelText("New todo");
    await user.type(input, "milk{Enter}");
    await screen.findByText("“milk” could not be added: The server cannot be reached just now");
    server.prescribe("POST /api/todos", () => problem(409, "it is not finished yet"));
    await user.type(input, "{Enter}");
    await screen.findByText("“milk” could not be added: it is not finished yet");
    server.prescribe("POST /api/todos", () => problem(429, "slow"));
    await user.type(input, "{Enter}");
    await screen.findByText(/You are asking too fast/);
    await user.type(input, "{Enter}");
    await checkbox("milk");
    const [first, second, third, last] = server.keys;
    expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(second).toBe(first);
    expect(third).toBe(first);
    expect(last).not.toBe(first);
  });
});

describe("completing", () => {
  it("is shown before the browser does anything else", async () => {
    server.has("milk");
    render(<SignedIn />);
    const box = await checkbox("milk");
    // A page that is being read meanwhile is no reason to wait.
    server.prescribe("GET /api/todos", () => new Promise(() => undefined));
    const before = server.requests.length;
    act(() => {
      window.dispatchEvent(new Event("visibilitychange"));
    });
    await waitFor(() => {
      expect(server.requests.length).toBeGreaterThan(before);
    });
    vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", false);
    let later = false;
    setTimeout(() => (later = true));
    box.click();
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    expect(later).toBe(false);
    expect(box).toBeChecked();
  });

  it("shows at once, moves the todo down and keeps the focus on it", async () => {
    server.has("milk");
    server.has("bread");
    render(<SignedIn />);
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
    render(<SignedIn />);
    await user.click(await checkbox("todo 20"));
    expect(screen.queryByRole("checkbox", { name: "todo 20" })).not.toBeInTheDocument();
    expect(await checkbox("todo 19")).toHaveFocus();
    expect(await checkbox("todo 5")).toBeVisible();
    expect(await checkbox("todo 19")).toHaveFocus();
  });

  it("says that the todo is gone when somebody has deleted it", async () => {
    server.has("milk");
    render(<SignedIn />);
    const box = await checkbox("milk");
    server.todos = [];
    await user.click(box);
    expect(
      await screen.findByText("“milk” could not be changed: It is gone: somebody has deleted it"),
    ).toBeVisible();
    expect(await screen.findByText("Nothing to do yet")).toBeVisible();
  });

  it("sends one change of a todo after the other", async () => {
    server.has("milk");
    let answer: (response: Response) => void = () => undefined;
    server.prescribe("PATCH /api/todos/1", () => new Promise((resolve) => (answer = resolve)));
    render(<SignedIn />);
    await user.click(await checkbox("milk"));
    await user.click(await checkbox("milk"));
    expect(server.requests.filter((request) => request.startsWith("PATCH"))).toHaveLength(1);
    answer(Response.json({ ...server.todos[0], completed: true }));
    await waitFor(() => {
      expect(server.requests.filter((request) => request.startsWith("PATCH"))).toHaveLength(2);
    });
    expect(await checkbox("milk")).not.toBeChecked();
  });

  it("is put back when the server refuses", async () => {
    const todo = server.has("milk");
    server.prescribe(`PATCH /api/todos/${todo.id}`, () => problem(503, "The database is away"));
    render(<SignedIn />);
    await user.click(await checkbox("milk"));
    expect(await screen.findByText("“milk” could not be changed: The database is away")).toBeVisible();
    expect(await checkbox("milk")).not.toBeChecked();
  });

  it("moves the focus on when the todo leaves what is looked at", async () => {
    server.has("milk");
    server.has("bread");
    render(<SignedIn />);
    await checkbox("milk");
    await user.click(screen.getByRole("radio", { name: "Open" }));
    await user.click(await checkbox("bread"));
    expect(await checkbox("milk")).toHaveFocus();
    expect(titles()).toEqual(["milk"]);
  });
});
