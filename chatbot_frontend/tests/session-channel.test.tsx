import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { ANNA, PASSWORD } from "./fake-server.ts";
import { BOB, holdSession, listWrites, open, press, restorePage, signIn } from "./site-page.tsx";
import { server, user } from "./visit.ts";

/** Another tab of the browser sends a message to this one. */
function postFromOtherTab(change: string): void {
  const channel = new BroadcastChannel("slipway.session");
  channel.postMessage(change);
  channel.close();
}

describe("another tab", () => {
  it("that signs out signs out this one", async () => {
    await open();
    server.signedIn = undefined;
    postFromOtherTab("signed out");
    expect(await screen.findByText("You signed out in another tab")).toBeVisible();
    expect(document.body).not.toHaveTextContent("cheese");
  });

  it("that signs out ends what waits and what is answered here: it would be the next user's", async () => {
    let answer: (response: Response) => void = () => undefined;
    server.prescribe("PATCH /api/todos/1", () => new Promise((resolve) => (answer = resolve)));
    let asked: AbortSignal | null | undefined;
    server.prescribe("POST /chat/conversations/c1/messages", (signal) => {
      asked = signal;
      return new Promise(() => undefined);
    });
    await open();
    await user.type(screen.getByLabelText("Message"), "hello{Enter}");
    await user.click(screen.getByRole("checkbox", { name: "cheese" }));
    await user.click(screen.getByRole("checkbox", { name: "cheese" }));
    expect(asked?.aborted).toBe(false);
    postFromOtherTab("signed out");
    await screen.findByText("You signed out in another tab");
    expect(asked?.aborted).toBe(true);
    server.signedIn = BOB;
    await act(async () => {
      answer(Response.json({ ...server.todos[0], completed: true }));
      await new Promise((resolve) => setTimeout(resolve, 50));
    });
    expect(listWrites().filter((request) => request.startsWith("PATCH"))).toHaveLength(1);
  });

  it("gets a message of signing out and signing in here", async () => {
    const heard = vi.fn();
    const channel = new BroadcastChannel("slipway.session");
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      heard(data);
    };
    await open();
    await press("Sign out");
    await screen.findByText("You are signed out");
    await signIn("anna", PASSWORD);
    await screen.findByRole("checkbox", { name: "cheese" });
    await waitFor(() => {
      expect(heard.mock.calls).toEqual([["signed out"], ["signed in"]]);
    });
    channel.close();
  });

  it("in which somebody else signs in makes this one theirs", async () => {
    await open();
    server.signedIn = BOB;
    server.has("bread");
    postFromOtherTab("signed in");
    expect(await screen.findByRole("checkbox", { name: "bread" })).toBeVisible();
    expect(within(screen.getByRole("group", { name: "Account" })).getByText("bob")).toBeVisible();
    expect(document.body).not.toHaveTextContent("cheese");
  });

  it("in which somebody signs in hides this one until it is known who", async () => {
    await open();
    const answer = holdSession();
    postFromOtherTab("signed in");
    expect(await screen.findByText("Loading…")).toBeVisible();
    expect(screen.getByLabelText("New todo")).not.toBeVisible();
    expect(screen.getByRole("checkbox", { name: "cheese", hidden: true })).not.toBeVisible();
    answer(Response.json(BOB));
    await waitFor(() => {
      expect(screen.getByRole("group", { name: "Account" })).toHaveTextContent("bob");
    });
  });

  it("that signs out is believed more than an answer from before", async () => {
    await open();
    const answer = holdSession();
    restorePage();
    postFromOtherTab("signed out");
    await screen.findByText("You signed out in another tab");
    await act(async () => {
      answer(Response.json(ANNA));
      await new Promise((resolve) => setTimeout(resolve, 50));
    });
    expect(screen.getByText("You signed out in another tab")).toBeVisible();
  });
});
