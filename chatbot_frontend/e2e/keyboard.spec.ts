import { expect } from "@playwright/test";
import { test } from "./todo-app.ts";

test("a todo is added and completed with the keyboard alone", async ({ app, page }) => {
  await app.open();
  const title = app.newTitle("Tar the planks");

  async function tabTo(name: string, selector: string): Promise<void> {
    for (let presses = 0; presses < 50; presses++) {
      await page.keyboard.press("Tab");
      const reached = await page.locator(":focus").and(page.locator(selector)).count();
      if (reached === 1) return;
    }
    throw new Error(`${name} cannot be reached with the Tab key`);
  }

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
