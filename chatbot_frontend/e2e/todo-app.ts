import process from "node:process";
import { test as base, expect, type Locator, type Page } from "@playwright/test";

/** The app as a person meets it. */
export class TodoApp {
  readonly page: Page;
  readonly list: Locator;
  readonly log: Locator;
  readonly #added: string[] = [];

  constructor(page: Page) {
    this.page = page;
    this.list = page.getByRole("list", { name: "Todos" });
    this.log = page.getByRole("log", { name: "Conversation" });
  }

  async open(): Promise<void> {
    await this.page.goto("/");
    await expect(this.page.getByRole("heading", { name: "Slipway todos" })).toBeVisible();
    await expect(this.list).toBeAttached();
  }

  /** A title that no other run has, and that a search finds by any of its words. */
  newTitle(words: string): string {
    const title = `${words} ${Date.now().toString(36)}`;
    this.#added.push(title);
    return title;
  }

  checkbox(title: string): Locator {
    return this.list.getByRole("checkbox", { name: title, exact: true });
  }

  /** Shows only what has these words: others use the same list, and it may be longer than a page. */
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

  /** Asked of the backend, as a failed test may have left the page anywhere. */
  async deleteAdded(): Promise<void> {
    for (const title of this.#added) {
      const found = await this.page.request.get("/api/todos", { params: { q: title } });
      const { items } = (await found.json()) as { items: { id: string }[] };
      for (const { id } of items) await this.page.request.delete(`/api/todos/${id}`);
    }
  }

  async photograph(name: string): Promise<void> {
    const folder = process.env.SCREENSHOTS ?? "e2e/screenshots";
    await this.page.screenshot({ path: `${folder}/${name}.png` });
  }
}

export const test = base.extend<{ app: TodoApp }>({
  app: async ({ page }, use) => {
    const app = new TodoApp(page);
    await use(app);
    await app.deleteAdded();
  },
});
