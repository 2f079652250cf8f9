import { onlineManager } from "@tanstack/react-query";
import { act, render, screen, waitFor } from "@testing-library/react";
import { userEvent, type UserEvent } from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeServer } from "./fake-server.ts";
import { SignedIn } from "./signed-in.tsx";

let server: FakeServer;
let user: UserEvent;

beforeEach(() => {
  server = new FakeServer();
  user = userEvent.setup();
});

afterEach(() => {
  goOnline();
});

function goOffline(): void {
  vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  act(() => {
    window.dispatchEvent(new Event("offline"));
  });
}

function goOnline(): void {
  vi.restoreAllMocks();
  act(() => {
    window.dispatchEvent(new Event("online"));
    onlineManager.setOnline(true);
  });
}

function leaving(): Event {
  const event = new Event("beforeunload", { cancelable: true });
  dispatchEvent(event);
  return event;
}

describe("without a connection", () => {
  it("the page says so, and reads again when it is back", async () => {
    server.has("milk");
    render(<SignedIn />);
    await screen.findByRole("checkbox", { name: "milk" });
    goOffline();
    expect(screen.getByText(/^You are offline. What you see may be old/)).toBeVisible();
    server.has("bread");
    goOnline();
    expect(await screen.findByRole("checkbox", { name: "bread" })).toBeVisible();
    expect(screen.queryByText(/You are offline/)).not.toBeInTheDocument();
  });

  it("changes are shown, kept, and sent once it is back", async () => {
    server.has("milk");
    render(<SignedIn />);
    const milk = await screen.findByRole("checkbox", { name: "milk" });
    goOffline();
    await user.click(milk);
    await user.type(screen.getByLabelText("New todo"), "bread{Enter}");
    expect(await screen.findByText(/keep this page open/)).toBeVisible();
    expect(screen.getByRole("checkbox", { name: "milk" })).toBeChecked();
    expect(screen.getByLabelText("New todo")).toHaveValue("bread");
    expect(leaving().defaultPrevented).toBe(true);
    expect(server.requests.filter((request) => !request.startsWith("GET"))).toEqual([]);
    goOnline();
    expect(await screen.findByRole("checkbox", { name: "bread" })).toBeVisible();
    await waitFor(() => {
      expect(server.todos.map(({ title, completed }) => [title, completed])).toEqual([
        ["milk", true],
        ["bread", false],
      ]);
    });
    expect(leaving().defaultPrevented).toBe(false);
  });

  it("the chat says why there is no answer, and keeps the question", async () => {
    render(<SignedIn />);
    await screen.findByText("Nothing to do yet");
    await screen.findByLabelText("Message");
    goOffline();
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    await user.type(screen.getByLabelText("Message"), "hello{Enter}");
    expect(await screen.findByText("You are offline")).toBeVisible();
    expect(screen.getByLabelText("Message")).toHaveValue("hello");
  });
});
