import { act, render, screen } from "@testing-library/react";
import { userEvent, type UserEvent } from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakeServer } from "./fake-server.ts";
import { SignedIn } from "./signed-in.tsx";

let user: UserEvent;
let media: EventTarget & { matches: boolean };

beforeEach(() => {
  new FakeServer().has("milk");
  user = userEvent.setup();
  media = Object.assign(new EventTarget(), { matches: true });
  vi.stubGlobal("matchMedia", () => media);
});

function tab(name: string): HTMLElement {
  return screen.getByRole("tab", { name });
}

describe("on a narrow screen", () => {
  it("the chat is one tab away, and what was typed in either stays", async () => {
    render(<SignedIn />);
    await user.type(screen.getByLabelText("New todo"), "bread");
    expect(screen.getByRole("tabpanel", { name: "Todos" })).toBeVisible();
    expect(screen.queryByLabelText("Message")).not.toBeInTheDocument();
    await user.click(tab("Chat"));
    expect(tab("Chat")).toHaveAttribute("aria-selected", "true");
    const message = await screen.findByLabelText("Message");
    expect(screen.getByRole("tabpanel", { name: "Chat" })).toContainElement(message);
    expect(screen.getByLabelText("New todo")).not.toBeVisible();
    await user.type(message, "what is due?");
    await user.click(tab("Todos"));
    expect(screen.getByLabelText("New todo")).toHaveValue("bread");
    expect(message).not.toBeVisible();
    expect(message).toHaveValue("what is due?");
  });

  it("the tabs are one stop of the Tab key, and the arrow keys go between them", async () => {
    render(<SignedIn />);
    act(() => {
      tab("Todos").focus();
    });
    for (const [key, reached] of [
      ["ArrowRight", "Chat"],
      ["ArrowRight", "Todos"],
      ["ArrowLeft", "Chat"],
      ["Home", "Todos"],
      ["End", "Chat"],
      ["ArrowLeft", "Todos"],
    ] as const) {
      await user.keyboard(`{${key}}`);
      expect(tab(reached)).toHaveFocus();
      expect(tab(reached)).toHaveAttribute("aria-selected", "true");
    }
    await user.tab();
    expect(screen.getByLabelText("New todo")).toHaveFocus();
  });

  it("the skip link selects the chat", async () => {
    render(<SignedIn />);
    await user.click(screen.getByRole("link", { name: "Skip to the chat" }));
    expect(screen.getByRole("tabpanel", { name: "Chat" })).toBeVisible();
  });

  it("that becomes wide both are beside each other, without tabs", async () => {
    render(<SignedIn />);
    media.matches = false;
    act(() => {
      media.dispatchEvent(new Event("change"));
    });
    expect(screen.queryByRole("tablist")).not.toBeInTheDocument();
    expect(screen.getByRole("region", { name: "Chat" })).toBeVisible();
    expect(screen.getByRole("region", { name: "Todos" })).toBeVisible();
    await screen.findByRole("checkbox", { name: "milk" });
  });
});
