import { act, render, screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { problem, refusal } from "./fake-server.ts";
import { SignedIn } from "./signed-in.tsx";
import { findCheckbox, listTitles } from "./todo-checkboxes.ts";
import { server, user } from "./visit.ts";

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
    expect(await findCheckbox("milk")).toBeVisible();
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
    await findCheckbox("todo 25");
    server.prescribe("GET /api/todos", () => problem(503, ""));
    await user.click(screen.getByRole("button", { name: "Load more" }));
    expect(await screen.findByText(/The todos cannot be reached just now/)).toBeVisible();
    expect(listTitles()).toHaveLength(20);
  });

  it("loads more, and leaves the focus at the place where more has come", async () => {
    for (let number = 1; number <= 25; number++) server.has(`todo ${String(number)}`);
    render(<SignedIn />);
    await findCheckbox("todo 25");
    expect(listTitles()).toHaveLength(20);
    await user.click(screen.getByRole("button", { name: "Load more" }));
    await waitFor(() => {
      expect(listTitles()).toHaveLength(25);
    });
    expect(screen.queryByRole("button", { name: "Load more" })).not.toBeInTheDocument();
    expect(await findCheckbox("todo 6")).toHaveFocus();
  });

  it("can be narrowed to what is open, what is done and what is searched", async () => {
    server.has("buy milk");
    server.has("buy bread", { completed: true });
    server.has("sleep");
    render(<SignedIn />);
    await findCheckbox("sleep");

    await user.click(screen.getByRole("radio", { name: "Done" }));
    expect(await screen.findByText("1 todo")).toBeVisible();
    expect(listTitles()).toEqual(["buy bread"]);

    await user.click(screen.getByRole("radio", { name: "Open" }));
    expect(await screen.findByText("2 todos")).toBeVisible();
    await user.type(screen.getByRole("searchbox", { name: "Search todos" }), "buy");
    expect(await screen.findByText("1 todo found")).toBeVisible();
    expect(listTitles()).toEqual(["buy milk"]);

    await user.type(screen.getByRole("searchbox", { name: "Search todos" }), " tea");
    expect(await screen.findByText("Nothing is found")).toBeVisible();
  });
});
