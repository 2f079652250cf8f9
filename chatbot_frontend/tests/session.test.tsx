import { onlineManager } from "@tanstack/react-query";
import { act, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ANNA, problem } from "./fake-server.ts";
import {
  BOB,
  createAccount,
  ENDED,
  holdSession,
  listWrites,
  open,
  press,
  restorePage,
} from "./site-page.tsx";
import { server, user } from "./visit.ts";

afterEach(() => {
  onlineManager.setOnline(true);
});

describe("signing out", () => {
  it("asks the server, and leaves nothing on the page", async () => {
    await open();
    await press("Sign out");
    expect(await screen.findByText("You are signed out")).toBeVisible();
    expect(listWrites()).toEqual(["DELETE /api/session"]);
    expect(screen.getByLabelText("User name")).toHaveFocus();
    expect(screen.getByLabelText("User name")).toHaveValue("");
    expect(screen.getByLabelText("User name")).toHaveAccessibleDescription("You are signed out");
    expect(document.body).not.toHaveTextContent("cheese");
  });

  it("sends first what is not sent yet", async () => {
    await open();
    server.has("bread");
    await user.type(screen.getByLabelText("New todo"), "tea{Enter}");
    await screen.findByRole("checkbox", { name: "tea" });
    await press("Delete cheese");
    await user.click(screen.getByRole("checkbox", { name: "bread" }));
    await press("Sign out");
    await screen.findByText("You are signed out");
    expect(listWrites()).toEqual([
      "POST /api/todos",
      "PATCH /api/todos/2",
      "DELETE /api/todos/1",
      "DELETE /api/session",
    ]);
  });

  it("says that it did not work", async () => {
    await open();
    server.prescribe("DELETE /api/session", () => problem(503, ""));
    await press("Sign out");
    expect(
      await screen.findByText("You are still signed in: The server cannot be reached just now"),
    ).toBeVisible();
    await press("Sign out");
    expect(await screen.findByText("You are signed out")).toBeVisible();
  });

  it("does not wait for a connection", async () => {
    await open();
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    act(() => {
      onlineManager.setOnline(false);
    });
    await press("Sign out");
    expect(await screen.findByText("You are still signed in: You are offline")).toBeVisible();
  });
});

describe("another user of the same browser", () => {
  it("sees nothing of the one before, and finds a conversation of their own", async () => {
    localStorage.setItem("slipway.conversation", "u1/c1");
    server.conversations.set("c1", [{ id: "1", role: "user", content: "my secret" }]);
    await open();
    await screen.findByText("my secret");
    await user.type(screen.getByLabelText("New todo"), "half a word");
    await press("Sign out");
    await createAccount("bob");
    expect(await screen.findByText("Nothing to do yet")).toBeVisible();
    expect(screen.getByLabelText("New todo")).toHaveValue("");
    expect(document.body).not.toHaveTextContent("cheese");
    expect(document.body).not.toHaveTextContent("my secret");
    expect(server.requests.filter((request) => request.endsWith("/conversations/c1"))).toHaveLength(1);
  });

  it("sees nothing of one whose session ended by itself", async () => {
    await open();
    await user.type(screen.getByLabelText("New todo"), "half a word");
    server.signedIn = undefined;
    await user.keyboard("{Enter}");
    await screen.findByText(ENDED);
    await createAccount("bob");
    expect(await screen.findByText("Nothing to do yet")).toBeVisible();
    expect(screen.getByLabelText("New todo")).toHaveValue("");
    expect(document.body).not.toHaveTextContent("cheese");
  });
});

describe("a page that the browser brings back", () => {
  it("asks again whose it is", async () => {
    await open();
    server.signedIn = undefined;
    restorePage();
    expect(await screen.findByText(ENDED)).toBeVisible();
  });

  it("is hidden until it is known, and then as it was", async () => {
    await open();
    await user.type(screen.getByLabelText("New todo"), "bread");
    const answer = holdSession();
    restorePage();
    expect(screen.getByText("Loading…")).toBeVisible();
    expect(screen.getByLabelText("New todo")).not.toBeVisible();
    answer(Response.json(ANNA));
    expect(await screen.findByRole("checkbox", { name: "cheese" })).toBeVisible();
    expect(screen.getByLabelText("New todo")).toHaveValue("bread");
    expect(screen.getByLabelText("New todo")).toHaveFocus();
  });

  it("stays hidden when that cannot be read, says so, and can be tried again", async () => {
    await open();
    server.prescribe("GET /api/session", () => problem(503, ""));
    restorePage();
    expect(await screen.findByText(/The page cannot be reached just now/)).toBeVisible();
    expect(screen.getByLabelText("New todo")).not.toBeVisible();
    server.signedIn = BOB;
    await press("Retry");
    expect(await screen.findByText("Nothing to do yet")).toBeVisible();
    expect(document.body).not.toHaveTextContent("cheese");
  });
});
