import { render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { FakeServer } from "./fake-server.ts";
import { SignedIn } from "./signed-in.tsx";

vi.mock("../src/chat.tsx", () => {
  throw new TypeError("Failed to fetch dynamically imported module");
});

it("a chat that cannot be loaded says so, and leaves the todos as they are", async () => {
  const server = new FakeServer();
  server.has("milk");
  render(<SignedIn />);
  expect(await screen.findByText(/The chat could not be loaded.*a newer version of the page/)).toBeVisible();
  expect(screen.getByRole("region", { name: "Chat" })).toContainElement(
    screen.getByRole("button", { name: "Reload the page" }),
  );
  await userEvent.setup().click(await screen.findByRole("checkbox", { name: "milk" }));
  expect(await screen.findByRole("checkbox", { name: "milk" })).toBeChecked();
});
