import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { userEvent, type UserEvent } from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { FakeServer, problem, refusal } from "./fake-server.ts";
import { SignedIn } from "./signed-in.tsx";

const PATCH = "PATCH /api/todos/1";

let server: FakeServer;
let user: UserEvent;

beforeEach(() => {
  server = new FakeServer();
  user = userEvent.setup();
});

async function edit(title: string): Promise<void> {
  await user.click(await screen.findByRole("button", { name: `Edit ${title}` }));
}

function save(): Promise<void> {
  return user.click(screen.getByRole("button", { name: "Save" }));
}

describe("editing", () => {
  it("saves with Enter and gives the focus back", async () => {
    server.has("milk");
    render(<SignedIn />);
    await edit("milk");
    expect(screen.getByLabelText("Title")).toHaveFocus();
    await user.keyboard("bread{Enter}");
    expect(await screen.findByRole("checkbox", { name: "bread" })).toBeVisible();
    expect(screen.getByRole("button", { name: "Edit bread" })).toHaveFocus();
  });

  it("changes and removes the description and the due date", async () => {
    server.has("milk", { description: "two pints", due_at: "2100-03-01T15:30:00Z" });
    render(<SignedIn />);
    await edit("milk");
    expect(screen.getByLabelText("Description")).toHaveValue("two pints");
    expect(screen.getByLabelText("Due")).toHaveValue("2100-03-01T10:30");
    fireEvent.change(screen.getByLabelText("Due"), { target: { value: "2100-07-01T10:30" } });
    await user.clear(screen.getByLabelText("Description"));
    await user.type(screen.getByLabelText("Description"), "three");
    await save();
    expect(await screen.findByText("three")).toBeVisible();
    expect(server.todos[0]).toMatchObject({
      title: "milk",
      description: "three",
      due_at: "2100-07-01T14:30:00.000Z",
    });

    await edit("milk");
    await user.clear(screen.getByLabelText("Description"));
    fireEvent.change(screen.getByLabelText("Due"), { target: { value: "" } });
    await save();
    await waitFor(() => {
      expect(screen.queryByText("three")).not.toBeInTheDocument();
    });
    expect(server.todos[0]).toMatchObject({ description: "", due_at: null });
  });

  it("leaves all alone with Escape, with Cancel and when nothing was changed", async () => {
    server.has("milk", { due_at: "2100-03-01T15:30:12Z" });
    render(<SignedIn />);
    await edit("milk");
    await user.keyboard("bread{Escape}");
    expect(screen.getByRole("button", { name: "Edit milk" })).toHaveFocus();
    await edit("milk");
    await user.type(screen.getByLabelText("Description"), "more");
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    await edit("milk");
    await save();
    expect(await screen.findByRole("checkbox", { name: "milk" })).toBeVisible();
    expect(server.requests).not.toContain(PATCH);
  });

  it("keeps what was typed when the server refuses, and marks the field", async () => {
    server.has("milk");
    server.prescribe(PATCH, () => refusal(["body/description", "no poems"]));
    render(<SignedIn />);
    await edit("milk");
    await user.type(screen.getByLabelText("Description"), "a poem");
    await save();
    expect(await screen.findByText("This could not be saved: Description: no poems")).toBeVisible();
    expect(screen.getByLabelText("Description")).toHaveValue("a poem");
    expect(screen.getByLabelText("Description")).toBeInvalid();
    expect(screen.getByLabelText("Description")).toHaveAccessibleDescription(/no poems/);
    expect(screen.getByLabelText("Title")).toBeValid();
    await save();
    expect(await screen.findByText("a poem")).toBeVisible();
  });

  it("does not save twice on a slow network", async () => {
    server.has("milk");
    let answer: (response: Response) => void = () => undefined;
    server.prescribe(PATCH, () => new Promise((resolve) => (answer = resolve)));
    render(<SignedIn />);
    await edit("milk");
    await user.keyboard("bread{Enter}{Enter}");
    await save();
    expect(server.requests.filter((request) => request === PATCH)).toHaveLength(1);
    answer(problem(413, ""));
    expect(
      await screen.findByText("This could not be saved: That is too large for the server"),
    ).toBeVisible();
  });
});

describe("a description", () => {
  it("that is long shows its beginning until it is opened", async () => {
    server.has("milk", { description: `${"word ".repeat(100)}end` });
    render(<SignedIn />);
    const summary = await screen.findByText(/^(word ){10,20}word…$/);
    expect(summary.closest("details")).not.toHaveAttribute("open");
    await user.click(summary);
    expect(summary.closest("details")).toHaveAttribute("open");
    expect(summary.closest("details")).toHaveTextContent(/end$/);
  });
});
