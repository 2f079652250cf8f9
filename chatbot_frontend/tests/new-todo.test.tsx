import { fireEvent, render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { problem, refusal } from "./fake-server.ts";
import { SignedIn } from "./signed-in.tsx";
import { findCheckbox, listTitles } from "./todo-checkboxes.ts";
import { server, user } from "./visit.ts";

describe("adding", () => {
  it("puts the new todo first and empties the field", async () => {
    server.has("old");
    render(<SignedIn />);
    await user.type(screen.getByLabelText("New todo"), "  milk {Enter}");
    await findCheckbox("milk");
    expect(listTitles()).toEqual(["milk", "old"]);
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
    await findCheckbox("milk");
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
    await findCheckbox("milk");
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
    await findCheckbox("milk");
    const [first, second, third, last] = server.keys;
    expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(second).toBe(first);
    expect(third).toBe(first);
    expect(last).not.toBe(first);
  });
});
