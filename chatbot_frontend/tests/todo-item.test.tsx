import { act, render, screen, waitFor } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { problem } from "./fake-server.ts";
import { SignedIn } from "./signed-in.tsx";
import { findCheckbox, listTitles } from "./todo-checkboxes.ts";
import { server, user } from "./visit.ts";

describe("completing", () => {
  it("is shown before the browser does anything else", async () => {
    server.has("milk");
    render(<SignedIn />);
    const box = await findCheckbox("milk");
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
    await user.click(await findCheckbox("bread"));
    expect(await findCheckbox("bread")).toBeChecked();
    expect(listTitles()).toEqual(["milk", "bread"]);
    expect(await findCheckbox("bread")).toHaveFocus();
    await waitFor(() => {
      expect(server.todos.find((todo) => todo.title === "bread")?.completed).toBe(true);
    });
  });

  it("keeps the place in a long list, where a done todo goes behind what is shown", async () => {
    for (let number = 1; number <= 25; number++) server.has(`todo ${String(number)}`);
    render(<SignedIn />);
    await user.click(await findCheckbox("todo 20"));
    expect(screen.queryByRole("checkbox", { name: "todo 20" })).not.toBeInTheDocument();
    expect(await findCheckbox("todo 19")).toHaveFocus();
    expect(await findCheckbox("todo 5")).toBeVisible();
    expect(await findCheckbox("todo 19")).toHaveFocus();
  });

  it("says that the todo is gone when somebody has deleted it", async () => {
    server.has("milk");
    render(<SignedIn />);
    const box = await findCheckbox("milk");
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
    await user.click(await findCheckbox("milk"));
    await user.click(await findCheckbox("milk"));
    expect(server.requests.filter((request) => request.startsWith("PATCH"))).toHaveLength(1);
    answer(Response.json({ ...server.todos[0], completed: true }));
    await waitFor(() => {
      expect(server.requests.filter((request) => request.startsWith("PATCH"))).toHaveLength(2);
    });
    expect(await findCheckbox("milk")).not.toBeChecked();
  });

  it("is put back when the server refuses", async () => {
    const todo = server.has("milk");
    server.prescribe(`PATCH /api/todos/${todo.id}`, () => problem(503, "The database is away"));
    render(<SignedIn />);
    await user.click(await findCheckbox("milk"));
    expect(await screen.findByText("“milk” could not be changed: The database is away")).toBeVisible();
    expect(await findCheckbox("milk")).not.toBeChecked();
  });

  it("moves the focus on when the todo leaves what is looked at", async () => {
    server.has("milk");
    server.has("bread");
    render(<SignedIn />);
    await findCheckbox("milk");
    await user.click(screen.getByRole("radio", { name: "Open" }));
    await user.click(await findCheckbox("bread"));
    expect(await findCheckbox("milk")).toHaveFocus();
    expect(listTitles()).toEqual(["milk"]);
  });
});
