import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Answer, PASSWORD, problem } from "./fake-server.ts";
import { addTodo, BOB, ENDED, open, press } from "./site-page.tsx";
import { server, user } from "./visit.ts";

describe("a session that ends", () => {
  it("leads to signing in, and keeps what was typed", async () => {
    await open();
    await user.type(screen.getByLabelText("Message"), "what is");
    await user.type(screen.getByLabelText("New todo"), "bread");
    server.signedIn = undefined;
    await user.keyboard("{Enter}");
    expect(await screen.findByText(ENDED)).toBeVisible();
    expect(screen.queryByRole("checkbox", { name: "cheese" })).not.toBeInTheDocument();
    expect(screen.getByLabelText("User name")).toHaveValue("anna");
    expect(screen.getByLabelText("Password")).toHaveFocus();
    expect(screen.getByLabelText("Password")).toHaveAccessibleDescription(ENDED);

    const before = server.requests.length;
    await user.type(screen.getByLabelText("Password"), `${PASSWORD}{Enter}`);
    expect(await screen.findByRole("checkbox", { name: "cheese" })).toBeVisible();
    expect(screen.getByLabelText("New todo")).toHaveValue("bread");
    expect(screen.getByLabelText("New todo")).toHaveFocus();
    expect(screen.getByLabelText("Message")).toHaveValue("what is");
    await waitFor(() => {
      expect(server.requests.slice(before)).toContain("GET /api/todos");
    });
  });

  it("does so within an answer of the chat, too", async () => {
    const answer = new Answer();
    server.prescribe("POST /chat/conversations/c1/messages", answer.respond);
    await open();
    await user.type(screen.getByLabelText("Message"), "what is due?{Enter}");
    await waitFor(() => {
      expect(server.requests).toContain("POST /chat/conversations/c1/messages");
    });
    server.signedIn = undefined;
    answer.tell("error", { status: 401, title: "Unauthorized", detail: "sign in first" });
    expect(await screen.findByText(ENDED)).toBeVisible();
    await user.type(screen.getByLabelText("Password"), `${PASSWORD}{Enter}`);
    expect(await screen.findByText("Your session had ended")).toBeVisible();
    expect(screen.getByLabelText("Message")).toHaveValue("what is due?");
  });
});

describe("one request that is answered 401", () => {
  function refuse(): void {
    server.prescribe("POST /api/todos", () => problem(401, "sign in first"));
  }

  it("leaves the page of who is still signed in, with what was typed", async () => {
    await open();
    const asked = () => server.requests.filter((request) => request === "GET /api/session").length;
    const before = asked();
    refuse();
    await addTodo("bread");
    await waitFor(() => {
      expect(asked()).toBe(before + 1);
    });
    expect(await screen.findByText(/Your session had ended/)).toBeVisible();
    expect(screen.getByRole("checkbox", { name: "cheese" })).toBeVisible();
    expect(screen.getByLabelText("New todo")).toHaveValue("bread");
    expect(screen.queryByLabelText("Password")).not.toBeInTheDocument();
    await user.type(screen.getByLabelText("New todo"), "{Enter}");
    expect(await screen.findByRole("checkbox", { name: "bread" })).toBeVisible();
  });

  it("makes the page that of who has signed in meanwhile", async () => {
    await open();
    server.signedIn = BOB;
    refuse();
    await addTodo("bread");
    expect(await screen.findByText("Nothing to do yet")).toBeVisible();
    expect(within(screen.getByRole("group", { name: "Account" })).getByText("bob")).toBeVisible();
    expect(document.body).not.toHaveTextContent("cheese");
  });

  it("hides the page while nobody knows whose session it is", async () => {
    await open();
    refuse();
    server.prescribe("GET /api/session", () => problem(503, ""));
    await addTodo("bread");
    expect(await screen.findByText(/The page cannot be reached just now/)).toBeVisible();
    expect(screen.queryByRole("checkbox", { name: "cheese" })).not.toBeInTheDocument();
    await press("Retry");
    expect(await screen.findByRole("checkbox", { name: "cheese" })).toBeVisible();
    expect(screen.getByLabelText("New todo")).toHaveValue("bread");
  });
});
