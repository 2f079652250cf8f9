import { onlineManager } from "@tanstack/react-query";
import { act, render, screen, waitFor, within } from "@testing-library/react";
import { userEvent, type UserEvent } from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { User } from "../src/api.ts";
import { Site } from "../src/site.tsx";
import { ANNA, Answer, FakeServer, PASSWORD, problem } from "./fake-server.ts";

const BOB: User = { ...ANNA, id: "u2", name: "bob" };
const ENDED = "Your session has ended; sign in again";

let server: FakeServer;
let user: UserEvent;

beforeEach(() => {
  server = new FakeServer();
  user = userEvent.setup();
});

afterEach(() => {
  onlineManager.setOnline(true);
});

/** The app of Anna, who has one todo. */
async function open(): Promise<void> {
  server.has("cheese");
  render(<Site />);
  await screen.findByRole("checkbox", { name: "cheese" });
  await screen.findByLabelText("Message");
}

function press(button: string): Promise<void> {
  return user.click(screen.getByRole("button", { name: button }));
}

async function signIn(name: string, password: string): Promise<void> {
  const field = screen.getByLabelText("User name");
  await user.clear(field);
  await user.type(field, name);
  await user.type(screen.getByLabelText("Password"), `${password}{Enter}`);
}

async function createAccount(name: string): Promise<void> {
  await user.click(await screen.findByRole("radio", { name: "I am new" }));
  await signIn(name, PASSWORD);
}

/** What another tab of the browser says. */
function sayElsewhere(change: string): void {
  const channel = new BroadcastChannel("slipway.session");
  channel.postMessage(change);
  channel.close();
}

/** The page is shown again by the browser, which kept it while it was left. */
function bringBack(): void {
  act(() => {
    window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  });
}

/** Lets the next question of whose session it is wait for the answer. */
function holdSession(): (response: Response) => void {
  let answer: (response: Response) => void = () => undefined;
  server.prescribe("GET /api/session", () => new Promise((resolve) => (answer = resolve)));
  return (response) => {
    answer(response);
  };
}

async function addTodo(title: string): Promise<void> {
  await user.type(screen.getByLabelText("New todo"), `${title}{Enter}`);
}

function writes(): string[] {
  return server.requests.filter((request) => !request.startsWith("GET"));
}

describe("signing out", () => {
  it("asks the server, and leaves nothing on the page", async () => {
    await open();
    await press("Sign out");
    expect(await screen.findByText("You are signed out")).toBeVisible();
    expect(writes()).toEqual(["DELETE /api/session"]);
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
    expect(writes()).toEqual([
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

describe("another tab", () => {
  it("that signs out signs out this one", async () => {
    await open();
    server.signedIn = undefined;
    sayElsewhere("signed out");
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
    sayElsewhere("signed out");
    await screen.findByText("You signed out in another tab");
    expect(asked?.aborted).toBe(true);
    server.signedIn = BOB;
    await act(async () => {
      answer(Response.json({ ...server.todos[0], completed: true }));
      await new Promise((resolve) => setTimeout(resolve, 50));
    });
    expect(writes().filter((request) => request.startsWith("PATCH"))).toHaveLength(1);
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
    sayElsewhere("signed in");
    expect(await screen.findByRole("checkbox", { name: "bread" })).toBeVisible();
    expect(within(screen.getByRole("group", { name: "Account" })).getByText("bob")).toBeVisible();
    expect(document.body).not.toHaveTextContent("cheese");
  });

  it("in which somebody signs in hides this one until it is known who", async () => {
    await open();
    const answer = holdSession();
    sayElsewhere("signed in");
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
    bringBack();
    sayElsewhere("signed out");
    await screen.findByText("You signed out in another tab");
    await act(async () => {
      answer(Response.json(ANNA));
      await new Promise((resolve) => setTimeout(resolve, 50));
    });
    expect(screen.getByText("You signed out in another tab")).toBeVisible();
  });
});

describe("a page that the browser brings back", () => {
  it("asks again whose it is", async () => {
    await open();
    server.signedIn = undefined;
    bringBack();
    expect(await screen.findByText(ENDED)).toBeVisible();
  });

  it("is hidden until it is known, and then as it was", async () => {
    await open();
    await user.type(screen.getByLabelText("New todo"), "bread");
    const answer = holdSession();
    bringBack();
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
    bringBack();
    expect(await screen.findByText(/The page cannot be reached just now/)).toBeVisible();
    expect(screen.getByLabelText("New todo")).not.toBeVisible();
    server.signedIn = BOB;
    await press("Retry");
    expect(await screen.findByText("Nothing to do yet")).toBeVisible();
    expect(document.body).not.toHaveTextContent("cheese");
  });
});
