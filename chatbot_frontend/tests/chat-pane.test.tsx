import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { answer, ask, getInput, getLog, open, QUESTION, say } from "./chat-page.tsx";
import { problem, refusal } from "./fake-server.ts";
import { server, user } from "./visit.ts";

describe("asking", () => {
  it("shows the answer as it comes, and only then says that it is whole", async () => {
    await open();
    await ask("hello");
    expect(getInput()).toHaveValue("");
    expect(within(getLog()).getByText("Thinking…")).toBeVisible();
    expect(getLog()).toHaveAttribute("aria-busy", "true");
    answer.write(": ping\n\n");
    answer.tell("token", { text: "Good " });
    expect(await within(getLog()).findByText(/Good/)).toBeVisible();
    answer.tell("token", { text: "day" });
    expect(await within(getLog()).findByText(/Good day/)).toBeVisible();
    answer.finish("Good day");
    await waitFor(() => {
      expect(getLog()).toHaveAttribute("aria-busy", "false");
    });
    expect(getLog()).toHaveTextContent("You: helloAssistant: Good day");
  });

  it("shows markup as the text it is", async () => {
    await open();
    await ask("hello");
    answer.finish("<img src=x>\n**bold**");
    expect(await within(getLog()).findByText(/<img src=x>/)).toBeVisible();
    expect(getLog().querySelector("img")).toBeNull();
  });

  it("shows times as the list does, in the reader's time zone", async () => {
    server.has("milk", { due_at: "2100-03-01T15:30:00Z" });
    await open();
    const shown = (await screen.findByText("1 March 2100, 10:30")).textContent;
    await ask("when");
    answer.finish("milk is due 2100-03-01T16:30+01:00, not 2100-99-01T00:00Z, id 2100-03-01");
    const time = await within(getLog()).findByText(shown);
    expect(time).toHaveAttribute("datetime", "2100-03-01T16:30+01:00");
    expect(getLog()).toHaveTextContent(`milk is due ${shown}, not 2100-99-01T00:00Z, id 2100-03-01`);
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
    expect(await within(getLog()).findByText("Done")).toBeVisible();
  });

  it("has examples until something was said", async () => {
    await open();
    await user.click(screen.getByRole("button", { name: "What is on my list?" }));
    expect(within(getLog()).getByText("What is on my list?")).toBeVisible();
    expect(screen.queryByRole("group", { name: "Examples" })).not.toBeInTheDocument();
    expect(getInput()).toHaveFocus();
  });

  it("makes a new line with Shift and Enter, and says nothing when there is nothing", async () => {
    await open();
    await user.type(getInput(), "one{Shift>}{Enter}{/Shift}two");
    expect(getInput()).toHaveValue("one\ntwo");
    await user.clear(getInput());
    await say("  ");
    expect(getLog()).toBeEmptyDOMElement();
  });

  it("is one question at a time", async () => {
    await open();
    await ask("hello");
    await say("and");
    expect(getInput()).toHaveValue("and");
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
    server.prescribe(QUESTION, () => {
      server.prescribe(QUESTION, answer.respond);
      return refusal(["body/time_zone", "Extra inputs are not permitted"]);
    });
    await open();
    await say("hello");
    await waitFor(() => {
      expect(server.bodies.at(-1)).toEqual({ content: "hello" });
    });
    answer.finish("Good day");
    expect(await within(getLog()).findByText("Good day")).toBeVisible();
  });
});

describe("stopping", () => {
  it("keeps what was heard, marks it and gives the focus to the input", async () => {
    await open();
    await ask("hello");
    answer.tell("token", { text: "Once upon" });
    await within(getLog()).findByText(/Once upon/);
    await user.click(screen.getByRole("button", { name: "Stop" }));
    expect(await within(getLog()).findByText("(unfinished)")).toBeVisible();
    expect(getLog()).toHaveTextContent("Once upon");
    expect(screen.queryByRole("button", { name: "Stop" })).not.toBeInTheDocument();
    expect(getInput()).toHaveFocus();
    expect(getInput()).toHaveValue("");
  });
});

describe("when something goes wrong", () => {
  it("says how long to wait and keeps the text", async () => {
    server.prescribe(QUESTION, () => problem(429, "slow", { "Retry-After": "7" }));
    await open();
    await say("hello");
    expect(await screen.findByText("You are asking too fast; try again in 7 s")).toBeVisible();
    expect(getInput()).toHaveValue("hello");
    expect(getLog()).toBeEmptyDOMElement();
  });

  it("keeps what was typed meanwhile as well", async () => {
    let refuse: (response: Response) => void = () => undefined;
    server.prescribe(QUESTION, () => new Promise((resolve) => (refuse = resolve)));
    await open();
    await ask("hello");
    await user.type(getInput(), "and");
    act(() => {
      refuse(problem(503, "The model is away"));
    });
    expect(await screen.findByText("The model is away")).toBeVisible();
    expect(getInput()).toHaveValue("hello\nand");
  });

  it("keeps half an answer when it breaks off, and the question to ask it again", async () => {
    await open();
    await ask("hello");
    answer.tell("token", { text: "Once upon" });
    answer.end();
    expect(await screen.findByText("The answer broke off")).toBeVisible();
    expect(getLog()).toHaveTextContent("Once upon (unfinished)");
    expect(getInput()).toHaveValue("hello");
  });
});
