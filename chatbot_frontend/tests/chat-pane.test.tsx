import { act, render, screen, waitFor, within } from "@testing-library/react";
import { userEvent, type UserEvent } from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Answer, FakeServer, problem, refusal } from "./fake-server.ts";
import { SignedIn } from "./signed-in.tsx";

const ASKED = "POST /chat/conversations/c1/messages";

let server: FakeServer;
let user: UserEvent;
let answer: Answer;

beforeEach(() => {
  server = new FakeServer();
  user = userEvent.setup();
  answer = new Answer();
  server.prescribe(ASKED, answer.respond);
});

async function open(): Promise<void> {
  render(<SignedIn />);
  await screen.findByLabelText("Message");
}

function log(): HTMLElement {
  return screen.getByRole("log", { name: "Conversation" });
}

function input(): HTMLElement {
  return screen.getByLabelText("Message");
}

async function say(text: string): Promise<void> {
  await user.type(input(), `${text}{Enter}`);
}

/** Says something and waits until the server has heard it. */
async function ask(text: string): Promise<void> {
  await say(text);
  await waitFor(() => {
    expect(server.requests).toContain(ASKED);
  });
}

describe("asking", () => {
  it("shows the answer as it comes, and only then says that it is whole", async () => {
    await open();
    await ask("hello");
    expect(input()).toHaveValue("");
    expect(within(log()).getByText("Thinking…")).toBeVisible();
    expect(log()).toHaveAttribute("aria-busy", "true");
    answer.write(": ping\n\n");
    answer.tell("token", { text: "Good " });
    expect(await within(log()).findByText(/Good/)).toBeVisible();
    answer.tell("token", { text: "day" });
    expect(await within(log()).findByText(/Good day/)).toBeVisible();
    answer.finish("Good day");
    await waitFor(() => {
      expect(log()).toHaveAttribute("aria-busy", "false");
    });
    expect(log()).toHaveTextContent("You: helloAssistant: Good day");
  });

  it("shows markup as the text it is", async () => {
    await open();
    await ask("hello");
    answer.finish("<img src=x>\n**bold**");
    expect(await within(log()).findByText(/<img src=x>/)).toBeVisible();
    expect(log().querySelector("img")).toBeNull();
  });

  it("shows times as the list does, in the reader's time zone", async () => {
    server.has("milk", { due_at: "2100-03-01T15:30:00Z" });
    await open();
    const shown = (await screen.findByText("1 March 2100, 10:30")).textContent;
    await ask("when");
    answer.finish("milk is due 2100-03-01T16:30+01:00, not 2100-99-01T00:00Z, id 2100-03-01");
    const time = await within(log()).findByText(shown);
    expect(time).toHaveAttribute("datetime", "2100-03-01T16:30+01:00");
    expect(log()).toHaveTextContent(`milk is due ${shown}, not 2100-99-01T00:00Z, id 2100-03-01`);
  });

  it("reads the todos again when the answer says that they changed", async () => {
    const todo = server.has("milk");
    await open();
    expect(await screen.findByRole("checkbox", { name: "milk" })).not.toBeChecked();
    await ask("complete milk");
    todo.completed = true;
    answer.tell("todos", { changed: [todo.id] });
    await waitFor(() => {
      expect(screen.getByRole("checkbox", { name: "milk" })).toBeChecked();
    });
    answer.finish("Done");
    expect(await within(log()).findByText("Done")).toBeVisible();
  });

  it("has examples until something was said", async () => {
    await open();
    await user.click(screen.getByRole("button", { name: "What is on my list?" }));
    expect(within(log()).getByText("What is on my list?")).toBeVisible();
    expect(screen.queryByRole("group", { name: "Examples" })).not.toBeInTheDocument();
    expect(input()).toHaveFocus();
  });

  it("makes a new line with Shift and Enter, and says nothing when there is nothing", async () => {
    await open();
    await user.type(input(), "one{Shift>}{Enter}{/Shift}two");
    expect(input()).toHaveValue("one\ntwo");
    await user.clear(input());
    await say("  ");
    expect(log()).toBeEmptyDOMElement();
  });

  it("is one question at a time", async () => {
    await open();
    await ask("hello");
    await say("and");
    expect(input()).toHaveValue("and");
    expect(screen.getByRole("button", { name: "New conversation" })).toBeDisabled();
  });
});

describe("the reader's time zone", () => {
  it("is sent with a question", async () => {
    await open();
    await ask("hello");
    expect(server.bodies.at(-1)).toEqual({ content: "hello", time_zone: "America/New_York" });
  });

  it("is left out for a server that does not know it", async () => {
    server.prescribe(ASKED, () => {
      server.prescribe(ASKED, answer.respond);
      return refusal(["body/time_zone", "Extra inputs are not permitted"]);
    });
    await open();
    await say("hello");
    await waitFor(() => {
      expect(server.bodies.at(-1)).toEqual({ content: "hello" });
    });
    answer.finish("Good day");
    expect(await within(log()).findByText("Good day")).toBeVisible();
  });
});

describe("stopping", () => {
  it("keeps what was heard, marks it and gives the focus to the input", async () => {
    await open();
    await ask("hello");
    answer.tell("token", { text: "Once upon" });
    await within(log()).findByText(/Once upon/);
    await user.click(screen.getByRole("button", { name: "Stop" }));
    expect(await within(log()).findByText("(unfinished)")).toBeVisible();
    expect(log()).toHaveTextContent("Once upon");
    expect(screen.queryByRole("button", { name: "Stop" })).not.toBeInTheDocument();
    expect(input()).toHaveFocus();
    expect(input()).toHaveValue("");
  });
});

describe("when something goes wrong", () => {
  it("says how long to wait and keeps the text", async () => {
    server.prescribe(ASKED, () => problem(429, "slow", { "Retry-After": "7" }));
    await open();
    await say("hello");
    expect(await screen.findByText("You are asking too fast; try again in 7 s")).toBeVisible();
    expect(input()).toHaveValue("hello");
    expect(log()).toBeEmptyDOMElement();
  });

  it("keeps what was typed meanwhile as well", async () => {
    let refuse: (response: Response) => void = () => undefined;
    server.prescribe(ASKED, () => new Promise((resolve) => (refuse = resolve)));
    await open();
    await ask("hello");
    await user.type(input(), "and");
    act(() => {
      refuse(problem(503, "The model is away"));
    });
    expect(await screen.findByText("The model is away")).toBeVisible();
    expect(input()).toHaveValue("hello\nand");
  });

  it("keeps half an answer when it breaks off, and the question to ask it again", async () => {
    await open();
    await ask("hello");
    answer.tell("token", { text: "Once upon" });
    answer.end();
    expect(await screen.findByText("The answer broke off")).toBeVisible();
    expect(log()).toHaveTextContent("Once upon (unfinished)");
    expect(input()).toHaveValue("hello");
  });
});

describe("the conversation", () => {
  it("is there again when the page is opened again", async () => {
    localStorage.setItem("slipway.conversation", "u1/c1");
    server.conversations.set("c1", [
      { id: "1", role: "user", content: "hello" },
      { id: "2", role: "assistant", content: "Good day" },
      { id: "3", role: "assistant", content: "Once upon", finished: false },
    ]);
    await open();
    expect(await within(log()).findByText("Good day")).toBeVisible();
    expect(log()).toHaveTextContent("Good dayAssistant: Once upon (unfinished)");
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
    expect(await within(log()).findByText("Good day")).toBeVisible();
  });

  it("can be tried again when it cannot be reached", async () => {
    localStorage.setItem("slipway.conversation", "u1/c1");
    server.conversations.set("c1", [{ id: "1", role: "user", content: "hello" }]);
    server.prescribe("GET /chat/conversations/c1", () => problem(503, "away"));
    await open();
    expect(await screen.findByText(/The conversation cannot be reached just now/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Retry" }));
    expect(await within(log()).findByText("hello")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Retry" })).not.toBeInTheDocument();
  });

  it("can be left for a new one, and the server need not keep it", async () => {
    await open();
    await ask("hello");
    answer.finish("Good day");
    await within(log()).findByText("Good day");
    await user.click(screen.getByRole("button", { name: "New conversation" }));
    expect(log()).toBeEmptyDOMElement();
    expect(input()).toHaveFocus();
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
    expect(await within(log()).findByText("Good day")).toBeVisible();
    vi.unstubAllGlobals();
  });
});
