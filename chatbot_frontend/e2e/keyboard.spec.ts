import { expect } from "@playwright/test";
import { test } from "./todo-app.ts";

test("a person signs in, adds a todo and completes it with the keyboard alone", async ({ app, page }) => {
  await app.openSignedOut();
  const title = app.newTitle("Tar the planks");

  async function tabTo(name: string, selector: string): Promise<void> {
    for (let presses = 0; presses < 50; presses++) {
      await page.keyboard.press("Tab");
      const reached = await page.locator(":focus").and(page.locator(selector)).count();
      if (reached === 1) return;
    }
    throw new Error(`${name} cannot be reached with the Tab key`);
  }

  await tabTo("The user name", "[name=name]");
  await page.keyboard.type(app.credentials.name);
  await tabTo("The password", "[name=password]");
  await page.keyboard.type(app.credentials.password);
  await page.keyboard.press("Enter");
  await app.expectOpen();
  await expect(page.getByRole("region", { name: "Todos" })).toBeFocused();
  await page.reload();
  await app.expectOpen();

  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the chat" })).toBeFocused();
  await tabTo("The field for a new todo", "#new-todo");
  await page.keyboard.type(title);
  await page.keyboard.press("Enter");
  await expect(app.checkbox(title)).toBeVisible();

  await tabTo("The search", "[type=search]");
  await page.keyboard.type(title);
  await expect(page.getByRole("status")).toHaveText("1 todo found");
  await tabTo("The checkbox", "[type=checkbox]");
  await expect(app.checkbox(title)).toBeFocused();
  await page.keyboard.press("Space");
  await expect(app.checkbox(title)).toBeChecked();
  await expect(app.checkbox(title)).toBeFocused();
});
