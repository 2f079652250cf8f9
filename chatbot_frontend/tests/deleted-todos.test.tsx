import { act, render, screen, waitFor, within } from "@testing-library/react";
import { userEvent, type UserEvent } from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { UNDO_MS } from "../src/deleted-todos.tsx";
import { FakeServer } from "./fake-server.ts";
import { SignedIn } from "./signed-in.tsx";
import { findCheckbox } from "./todo-checkboxes.ts";

let server: FakeServer;
let user: UserEvent;

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  server = new FakeServer();
  user = userEvent.setup({ advanceTimers: (ms) => vi.advanceTimersByTime(ms) });
});

afterEach(() => {
  vi.useRealTimers();
});

function remove(title: string): Promise<void> {
  return user.click(screen.getByRole("button", { name: `Delete ${title}` }));
}

function undoButton(title: string): HTMLElement {
  return screen.getByRole("button", { name: `Undo deleting ${title}` });
}

/** Until it can no longer be undone. */
async function wait(): Promise<void> {
  await act(() => vi.advanceTimersByTimeAsync(UNDO_MS));
}

function deletions(): string[] {
  return server.requests.filter((request) => request.startsWith("DELETE"));
}

async function openWith(...titles: string[]): Promise<void> {
  for (const title of titles) server.has(title);
  render(<SignedIn />);
  await findCheckbox(titles[0] ?? "");
}

describe("deleting", () => {
  it("gives the focus to the next todo, then to the one before, then to the field for a new one", async () => {
    await openWith("third", "second", "first");
    await remove("second");
    expect(await findCheckbox("third")).toHaveFocus();
    await remove("third");
    expect(await findCheckbox("first")).toHaveFocus();
    await remove("first");
    expect(screen.getByLabelText("New todo")).toHaveFocus();
    expect(await screen.findByText("Nothing to do yet")).toBeVisible();
    expect(server.todos).toHaveLength(3);
    await wait();
    await waitFor(() => {
      expect(server.todos).toEqual([]);
    });
    expect(screen.queryByRole("button", { name: /^Undo/ })).not.toBeInTheDocument();
  });

  it("is said in a live region that was there before", async () => {
    await openWith("milk");
    const regions = [...document.querySelectorAll("[aria-live=polite]")];
    await remove("milk");
    expect(
      regions.filter((region) => within(region as HTMLElement).queryByText(/“milk” is deleted/)),
    ).toHaveLength(1);
  });

  it("is put back when the server cannot be reached", async () => {
    await openWith("milk");
    server.prescribe("DELETE /api/todos/1", () => Promise.reject(new TypeError("Failed to fetch")));
    await remove("milk");
    await wait();
    expect(await screen.findByText(/“milk” could not be deleted/)).toBeVisible();
    expect(await findCheckbox("milk")).toBeVisible();
  });

  it("is no failure when the todo is gone already", async () => {
    await openWith("milk");
    await remove("milk");
    server.todos = [];
    await wait();
    expect(await screen.findByText("Nothing to do yet")).toBeVisible();
    expect(screen.queryByText(/could not be deleted/)).not.toBeInTheDocument();
  });

  it("is sent when the page is closed before", async () => {
    await openWith("milk");
    await remove("milk");
    expect(deletions()).toEqual([]);
    act(() => {
      dispatchEvent(new Event("pagehide"));
    });
    expect(deletions()).toEqual(["DELETE /api/todos/1"]);
    await wait();
    expect(deletions()).toHaveLength(1);
  });
});

describe("undoing", () => {
  it("brings the todo back with the focus on it, and asks nothing of the server", async () => {
    await openWith("milk", "bread");
    await remove("milk");
    await user.click(undoButton("milk"));
    expect(await findCheckbox("milk")).toHaveFocus();
    await wait();
    expect(deletions()).toEqual([]);
  });

  it("has all the time while the focus is on the button", async () => {
    await openWith("milk");
    await remove("milk");
    act(() => {
      undoButton("milk").focus();
    });
    await wait();
    await user.keyboard("{Enter}");
    expect(await findCheckbox("milk")).toHaveFocus();
  });

  it("works by Ctrl+Z for the last one, but not where a text is typed", async () => {
    await openWith("milk", "bread", "tea");
    await remove("milk");
    await remove("bread");
    await user.click(screen.getByLabelText("New todo"));
    await user.keyboard("{Control>}z{/Control}");
    expect(screen.queryByRole("checkbox", { name: "bread" })).not.toBeInTheDocument();
    (await findCheckbox("tea")).focus();
    await user.keyboard("{Control>}z{/Control}");
    expect(await findCheckbox("bread")).toHaveFocus();
    expect(screen.queryByRole("checkbox", { name: "milk" })).not.toBeInTheDocument();
    await user.keyboard("{Meta>}z{/Meta}");
    expect(await findCheckbox("milk")).toHaveFocus();
  });
});
