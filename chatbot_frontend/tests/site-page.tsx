import { act, render, screen } from "@testing-library/react";
import type { User } from "../src/api.ts";
import { Site } from "../src/site.tsx";
import { ANNA, PASSWORD } from "./fake-server.ts";
import { server, user } from "./visit.ts";

export const BOB: User = { ...ANNA, id: "u2", name: "bob" };
export const ENDED = "Your session has ended; sign in again";

/** Opens the site of Anna, who has one todo. */
export async function open(): Promise<void> {
  server.has("cheese");
  render(<Site />);
  await screen.findByRole("checkbox", { name: "cheese" });
  await screen.findByLabelText("Message");
}

export function press(button: string): Promise<void> {
  return user.click(screen.getByRole("button", { name: button }));
}

export async function signIn(name: string, password: string): Promise<void> {
  const field = screen.getByLabelText("User name");
  await user.clear(field);
  await user.type(field, name);
  await user.type(screen.getByLabelText("Password"), `${password}{Enter}`);
}

export async function createAccount(name: string): Promise<void> {
  await user.click(await screen.findByRole("radio", { name: "I am new" }));
  await signIn(name, PASSWORD);
}

export async function addTodo(title: string): Promise<void> {
  await user.type(screen.getByLabelText("New todo"), `${title}{Enter}`);
}

/** The browser shows the page again, from its back/forward cache. */
export function restorePage(): void {
  act(() => {
    window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  });
}

/** Holds the next read of the session, until the test gives its answer. */
export function holdSession(): (response: Response) => void {
  let answer: (response: Response) => void = () => undefined;
  server.prescribe("GET /api/session", () => new Promise((resolve) => (answer = resolve)));
  return (response) => {
    answer(response);
  };
}

/** The requests that change something. */
export function listWrites(): string[] {
  return server.requests.filter((request) => !request.startsWith("GET"));
}
