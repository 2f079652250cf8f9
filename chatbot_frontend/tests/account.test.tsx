import { render, screen, within } from "@testing-library/react";
import { userEvent, type UserEvent } from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { Site } from "../src/site.tsx";
import { FakeServer, PASSWORD, problem, refusal } from "./fake-server.ts";

const CHANGED = "four words in a row";

let server: FakeServer;
let user: UserEvent;

beforeEach(async () => {
  server = new FakeServer();
  user = userEvent.setup();
  render(<Site />);
  await user.click(await screen.findByRole("button", { name: "Account" }));
  await screen.findByRole("heading", { name: "Account of anna" });
});

function press(button: string): Promise<void> {
  return user.click(screen.getByRole("button", { name: button }));
}

async function changePassword(current: string, changed: string): Promise<void> {
  for (const [label, value] of [
    ["Current password", current],
    ["New password", changed],
  ] as const) {
    await user.clear(screen.getByLabelText(label));
    await user.type(screen.getByLabelText(label), value);
  }
  await user.keyboard("{Enter}");
}

async function removeAccount(password: string): Promise<void> {
  await user.type(screen.getByLabelText("Your password"), `${password}{Enter}`);
}

describe("the account page", () => {
  it("takes the focus and the place of the todos, and gives both back", async () => {
    expect(screen.getByRole("region", { name: "Account of anna" })).toHaveFocus();
    expect(screen.getByLabelText("New todo")).not.toBeVisible();
    expect(screen.getByRole("button", { name: "Account" })).toHaveAttribute("aria-expanded", "true");
    await press("Close");
    expect(screen.getByRole("button", { name: "Account" })).toHaveFocus();
    expect(screen.getByLabelText("New todo")).toBeVisible();
  });

  it("signs out everywhere", async () => {
    await press("Sign out everywhere");
    expect(await screen.findByText("You are signed out")).toBeVisible();
    expect(server.requests).toContain("DELETE /api/sessions");
  });
});

describe("a new password", () => {
  it("is good for the next time", async () => {
    await changePassword(PASSWORD, CHANGED);
    expect(await screen.findByText("Your password is changed")).toHaveAttribute("role", "status");
    expect(server.bodies).toEqual([{ password: PASSWORD, new_password: CHANGED }]);
    expect(screen.getByLabelText("Current password")).toHaveValue("");
    await press("Sign out");
    await user.type(await screen.findByLabelText("User name"), "anna");
    await user.type(screen.getByLabelText("Password"), `${CHANGED}{Enter}`);
    expect(await screen.findByText("Nothing to do yet")).toBeVisible();
  });

  it("is not asked of the server when it is too short", async () => {
    await changePassword(PASSWORD, "too short");
    const field = screen.getByLabelText("New password");
    expect(field).toHaveFocus();
    expect(field).toBeInvalid();
    expect(field).toHaveAccessibleDescription(/New password: at least 15 characters, and this one has 9$/);
    expect(server.requests).not.toContain("PUT /api/password");
  });

  it("needs the current one", async () => {
    await changePassword("not the password of anybody", CHANGED);
    expect(await screen.findByText("The current password is wrong")).toHaveAttribute("role", "alert");
    expect(screen.getByLabelText("Current password")).toHaveFocus();
    expect(screen.getByLabelText("Current password")).toBeInvalid();
    expect(screen.getByLabelText("New password")).toHaveValue(CHANGED);
  });

  it.each([
    [
      "too many attempts",
      () => problem(429, "slow", { "Retry-After": "45" }),
      "You are asking too fast; try again in 45 s",
    ],
    [
      "a current one that is too short",
      () => refusal(["body/password", "short"]),
      "The current password is wrong",
    ],
    ["a new one that is refused", () => refusal(["body/new_password", "is odd"]), "New password: is odd"],
    ["a server that is away", () => problem(503, ""), "The server cannot be reached just now"],
  ])("explains %s", async (_, response, said) => {
    server.prescribe("PUT /api/password", response);
    await changePassword(PASSWORD, CHANGED);
    expect(await screen.findByText(said)).toBeVisible();
  });
});

describe("removing the account", () => {
  it("needs the password", async () => {
    await removeAccount("not the password of anybody");
    expect(await screen.findByText("The current password is wrong")).toBeVisible();
    expect(screen.getByLabelText("Your password")).toHaveFocus();
  });

  it("signs out, says so, and leaves nobody to sign in", async () => {
    const form = screen.getByRole("form", { name: "Remove the account" });
    expect(within(form).getByText(/cannot be undone/)).toBeVisible();
    await removeAccount(PASSWORD);
    expect(await screen.findByText("Your account is removed, and your todos with it")).toBeVisible();
    expect(server.signedIn).toBeUndefined();
  });
});
