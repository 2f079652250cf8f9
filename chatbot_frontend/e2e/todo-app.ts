import { randomBytes, randomInt } from "node:crypto";
import process from "node:process";
import { test as base, expect, type Locator, type Page } from "@playwright/test";

const PASSWORD = "only for end-to-end tests";

/** Headers of somebody with a whole share left: how often one may sign up is not what is tested here. */
function anotherPerson(): Record<string, string> {
  const address = Array.from({ length: 4 }, () => randomInt(1, 255)).join(".");
  return { "X-Forwarded-For": address };
}

/** The app as a person meets it who has an account. */
export class TodoApp {
  readonly page: Page;
  readonly list: Locator;
  readonly log: Locator;
  readonly credentials = { name: `e2e-${randomBytes(6).toString("hex")}`, password: PASSWORD };

  constructor(page: Page) {
    this.page = page;
    this.list = page.getByRole("list", { name: "Todos" });
    this.log = page.getByRole("log", { name: "Conversation" });
  }

  /** Makes the account, and signs in. */
  async createUser(): Promise<void> {
    const made = await this.page.request.post("/api/users", {
      data: this.credentials,
      headers: anotherPerson(),
    });
    expect(made.status(), await made.text()).toBe(201);
  }

  /** With all that is the user's; a test may have left them signed out. */
  async deleteUser(): Promise<void> {
    const { request } = this.page;
    await request.post("/api/session", { data: this.credentials, headers: anotherPerson() });
    const deleted = await request.delete("/api/user", { data: { password: this.credentials.password } });
    expect(deleted.status(), await deleted.text()).toBe(204);
  }

  /** Opens the app, signed in. */
  async open(): Promise<void> {
    await this.page.goto("/");
    await this.expectOpen();
  }

  async expectOpen(): Promise<void> {
    await expect(this.page.getByRole("heading", { name: "Slipway todos" })).toBeVisible();
    await expect(this.list).toBeAttached();
  }

  /** Opens the page to sign in. */
  async openSignedOut(): Promise<void> {
    await this.page.context().clearCookies();
    await this.page.goto("/");
    await expect(this.page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  }

  async signIn({ name, password } = this.credentials): Promise<void> {
    await this.page.getByLabel("User name").fill(name);
    await this.page.getByLabel("Password").fill(password);
    await this.page.getByRole("button", { name: "Sign in" }).click();
  }

  /** A title that no other run has, and that a search finds by any of its words. */
  newTitle(words: string): string {
    return `${words} ${Date.now().toString(36)}`;
  }

  checkbox(title: string): Locator {
    return this.list.getByRole("checkbox", { name: title, exact: true });
  }

  /** Shows only what has these words. */
  async narrowTo(words: string): Promise<void> {
    await this.page.getByRole("searchbox", { name: "Search todos" }).fill(words);
    await expect(this.page.getByRole("status")).toHaveText(/found$/);
  }

  async add(title: string): Promise<void> {
    await this.page.getByLabel("New todo").fill(title);
    await this.page.keyboard.press("Enter");
    await expect(this.checkbox(title)).toBeVisible();
  }

  /** Says something and gives the answer, once it is whole. */
  async say(text: string): Promise<Locator> {
    const answers = this.log.locator("[data-role=assistant]");
    const before = await answers.count();
    await this.page.getByLabel("Message", { exact: true }).fill(text);
    await this.page.keyboard.press("Enter");
    await expect(answers).toHaveCount(before + 1);
    await expect(this.log).toHaveAttribute("aria-busy", "false");
    return answers.last();
  }

  /** How many todos with these words the backend has. */
  async count(words: string): Promise<number> {
    const found = await this.page.request.get("/api/todos", { params: { q: words } });
    return ((await found.json()) as { total: number }).total;
  }

  async expectNothingSticksOut(): Promise<void> {
    const overflow = await this.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow, "nothing sticks out of a narrow screen").toBeLessThanOrEqual(0);
  }

  async photograph(name: string): Promise<void> {
    const folder = process.env.SCREENSHOTS ?? "e2e/screenshots";
    await this.page.screenshot({ path: `${folder}/${name}.png` });
  }
}

/** Each test has a user of its own. */
export const test = base.extend<{ app: TodoApp }>({
  app: async ({ page }, use) => {
    const app = new TodoApp(page);
    await app.createUser();
    await use(app);
    await app.deleteUser();
  },
});
