import { render, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect } from "vitest";
import { Answer } from "./fake-server.ts";
import { SignedIn } from "./signed-in.tsx";
import { server, user } from "./visit.ts";

/** The request that asks the assistant a question, in Anna's first conversation. */
export const QUESTION = "POST /chat/conversations/c1/messages";

/** What the assistant answers to the question. */
export let answer: Answer;

beforeEach(() => {
  answer = new Answer();
  server.prescribe(QUESTION, answer.respond);
});

/** Opens the app, and waits for its chat. */
export async function open(): Promise<void> {
  render(<SignedIn />);
  await screen.findByLabelText("Message");
}

export function getLog(): HTMLElement {
  return screen.getByRole("log", { name: "Conversation" });
}

export function getInput(): HTMLElement {
  return screen.getByLabelText("Message");
}

export async function say(text: string): Promise<void> {
  await user.type(getInput(), `${text}{Enter}`);
}

/** Asks the assistant, and waits until the server has received the question. */
export async function ask(text: string): Promise<void> {
  await say(text);
  await waitFor(() => {
    expect(server.requests).toContain(QUESTION);
  });
}
