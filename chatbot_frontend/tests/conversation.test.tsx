import { screen, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { answer, ask, getInput, getLog, open } from "./chat-page.tsx";
import { problem } from "./fake-server.ts";
import { server, user } from "./visit.ts";

describe("the conversation", () => {
  it("is there again when the page is opened again", async () => {
    localStorage.setItem("slipway.conversation", "u1/c1");
    server.conversations.set("c1", [
      { id: "1", role: "user", content: "hello" },
      { id: "2", role: "assistant", content: "Good day" },
      { id: "3", role: "assistant", content: "Once upon", finished: false },
    ]);
    await open();
    expect(await within(getLog()).findByText("Good day")).toBeVisible();
    expect(getLog()).toHaveTextContent("Good dayAssistant: Once upon (unfinished)");
    expect(screen.queryByRole("group", { name: "Examples" })).not.toBeInTheDocument();
  });

  it("is not one of somebody else, who used this browser before", async () => {
    localStorage.setItem("slipway.conversation", "u2/c1");
    await open();
    expect(await screen.findByRole("group", { name: "Examples" })).toBeVisible();
    expect(server.requests).not.toContain("GET /chat/conversations/c1");
  });

  it("is a new one when the server no longer knows it", async () => {
    localStorage.setItem("slipway.conversation", "u1/forgotten");
    await open();
    expect(await screen.findByRole("group", { name: "Examples" })).toBeVisible();
    await ask("hello");
    expect(localStorage.getItem("slipway.conversation")).toBe("u1/c1");
  });

  it("is a new one when the server forgets it while it is open", async () => {
    localStorage.setItem("slipway.conversation", "u1/old");
    server.conversations.set("old", []);
    await open();
    await screen.findByRole("group", { name: "Examples" });
    server.conversations.clear();
    server.prescribe("POST /chat/conversations/old/messages", () => problem(404, "gone"));
    await ask("hello");
    answer.finish("Good day");
    expect(await within(getLog()).findByText("Good day")).toBeVisible();
  });

  it("can be tried again when it cannot be reached", async () => {
    localStorage.setItem("slipway.conversation", "u1/c1");
    server.conversations.set("c1", [{ id: "1", role: "user", content: "hello" }]);
    server.prescribe("GET /chat/conversations/c1", () => problem(503, "away"));
    await open();
    expect(await screen.findByText(/The conversation cannot be reached just now/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Retry" }));
    expect(await within(getLog()).findByText("hello")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Retry" })).not.toBeInTheDocument();
  });

  it("can be left for a new one, and the server need not keep it", async () => {
    await open();
    await ask("hello");
    answer.finish("Good day");
    await within(getLog()).findByText("Good day");
    await user.click(screen.getByRole("button", { name: "New conversation" }));
    expect(getLog()).toBeEmptyDOMElement();
    expect(getInput()).toHaveFocus();
    expect(localStorage.getItem("slipway.conversation")).toBeNull();
    expect(server.conversations).toEqual(new Map());
  });

  it("works without storage, which browsers may refuse", async () => {
    const refuse = () => {
      throw new DOMException("refused", "SecurityError");
    };
    vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse, removeItem: refuse, clear: vi.fn() });
    await open();
    await ask("hello");
    answer.finish("Good day");
    expect(await within(getLog()).findByText("Good day")).toBeVisible();
    vi.unstubAllGlobals();
  });
});
