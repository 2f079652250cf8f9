import { render, screen, waitFor, within } from "@testing-library/react";
import { userEvent, type UserEvent } from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Site } from "../src/site.tsx";
import { ANNA, FakeServer, PASSWORD, problem, refusal } from "./fake-server.ts";

let server: FakeServer;
let user: UserEvent;

beforeEach(() => {
  server = new FakeServer();
  server.signedIn = undefined;
  user = userEvent.setup();
});

function name(): HTMLElement {
  return screen.getByLabelText("User name");
}

function password(): HTMLElement {
  return screen.getByLabelText("Password");
}

function submit(button: string): Promise<void> {
  return user.click(screen.getByRole("button", { name: button }));
}

async function open(): Promise<void> {
  render(<Site />);
  await screen.findByRole("heading", { level: 2, name: "Sign in" });
}

async function signIn(as: string = ANNA.name, secret: string = PASSWORD): Promise<void> {
  await user.type(name(), as);
  await user.type(password(), secret);
  await submit("Sign in");
}

describe("a visit without a session", () => {
  it("is a page to sign in, which asks for no todos", async () => {
    await open();
    expect(screen.getByRole("heading", { level: 1, name: "Slipway todos" })).toBeVisible();
    expect(server.requests).toEqual(["GET /api/session"]);
    expect(name()).toHaveAttribute("autocomplete", "username");
    expect(password()).toHaveAttribute("autocomplete", "current-password");
    expect(password()).toHaveAttribute("type", "password");
    expect(document.body).toHaveFocus();
  });

  it("becomes the app, with the focus on it", async () => {
    server.signedIn = ANNA;
    server.has("milk");
    server.signedIn = undefined;
    await open();
    await signIn();
    expect(await screen.findByRole("checkbox", { name: "milk" })).toBeVisible();
    expect(screen.queryByLabelText("Password")).not.toBeInTheDocument();
    expect(screen.getByRole("region", { name: "Todos" })).toHaveFocus();
    expect(within(screen.getByRole("group", { name: "Account" })).getByText("anna")).toBeVisible();
  });

  it("can make an account, with a hint about the password", async () => {
    await open();
    await user.click(screen.getByRole("radio", { name: "I am new" }));
    expect(screen.getByRole("heading", { level: 2, name: "Create account" })).toBeVisible();
    expect(password()).toHaveAttribute("autocomplete", "new-password");
    expect(password()).toHaveAccessibleDescription(/^At least 15 characters/);
    await user.type(name(), "  bob ");
    await user.type(password(), "too short");
    await submit("Create account");
    expect(screen.getByText("Password: at least 15 characters, and this one has 9")).toBeVisible();
    expect(password()).toHaveFocus();
    expect(server.requests).not.toContain("POST /api/users");
    await user.type(password(), ", but no longer");
    await submit("Create account");
    expect(await screen.findByText("Nothing to do yet")).toBeVisible();
    expect(server.bodies).toEqual([{ name: "bob", password: "too short, but no longer" }]);
  });

  it("shows what is typed as a password when it is asked to", async () => {
    await open();
    await user.click(screen.getByRole("checkbox", { name: "Show what I type" }));
    expect(password()).toHaveAttribute("type", "text");
  });
});

describe("signing in that fails", () => {
  it("says that the name or the password is wrong, and gives the focus to the password", async () => {
    await open();
    await signIn("anna", "wrong");
    const alert = await screen.findByText("The user name or the password is wrong");
    expect(alert).toHaveAttribute("role", "alert");
    expect(password()).toHaveFocus();
    expect(password()).toBeInvalid();
    expect(password()).toHaveAccessibleDescription("The user name or the password is wrong");
    expect(name()).toHaveValue("anna");
    await user.clear(password());
    await user.type(password(), `${PASSWORD}{Enter}`);
    expect(await screen.findByText("Nothing to do yet")).toBeVisible();
  });

  it("says that a name is taken, and gives the focus to it", async () => {
    await open();
    await user.click(screen.getByRole("radio", { name: "I am new" }));
    await user.type(name(), "anna");
    await user.type(password(), "another fifteen characters{Enter}");
    expect(await screen.findByText("This user name is taken; choose another one")).toBeVisible();
    expect(name()).toHaveFocus();
    expect(name()).toBeInvalid();
    expect(password()).not.toBeInvalid();
  });

  it.each([
    ["a field that is refused", () => refusal(["body/name", "is too odd"]), "User name: is too odd"],
    [
      "too many tries",
      () => problem(429, "slow", { "Retry-After": "45" }),
      "You are asking too fast; try again in 45 s",
    ],
    [
      "far too many tries",
      () => problem(429, "slow", { "Retry-After": "3000" }),
      "You are asking too fast; try again in 50 min",
    ],
    ["a server that is away", () => problem(503, ""), "The server cannot be reached just now"],
    [
      "a page of elsewhere",
      () => problem(403, "This comes from another site"),
      "This comes from another site",
    ],
  ])("explains %s", async (_, response, said) => {
    await open();
    server.prescribe("POST /api/session", response);
    await signIn();
    expect(await screen.findByText(said)).toBeVisible();
    expect(password()).toHaveValue(PASSWORD);
  });

  it("explains that there is no connection", async () => {
    await open();
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    server.prescribe("POST /api/session", () => Promise.reject(new TypeError("Failed to fetch")));
    await signIn();
    expect(await screen.findByText("You are offline")).toBeVisible();
  });

  it("is one request however often it is asked on a slow network", async () => {
    await open();
    server.prescribe("POST /api/session", () => new Promise(() => undefined));
    await signIn();
    await submit("Sign in");
    expect(server.requests.filter((request) => request === "POST /api/session")).toHaveLength(1);
    expect(screen.getByRole("button", { name: "Sign in" })).toHaveAttribute("aria-disabled", "true");
  });
});

describe("when nobody knows who is signed in", () => {
  it("the page says so, and can be tried again", async () => {
    server.signedIn = ANNA;
    server.prescribe("GET /api/session", () => problem(503, ""));
    render(<Site />);
    expect(await screen.findByText(/The page cannot be reached just now/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Retry" }));
    await waitFor(() => {
      expect(screen.getByLabelText("New todo")).toBeVisible();
    });
  });
});
