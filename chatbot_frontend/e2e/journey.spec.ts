import { expect } from "@playwright/test";
import { test } from "./todo-app.ts";

test("a todo is added in the list, found and completed in the chat, and the chat is remembered", async ({
  app,
  page,
}) => {
  await app.open();
  const title = app.newTitle("Paint the harbour gate");
  await app.add(title);
  await app.narrowTo(title);
  await expect(app.checkbox(title)).not.toBeChecked();
  await app.photograph("todos");

  await expect(await app.say(`find ${title}`)).toContainText(title);
  await app.photograph("chat");

  // A page that is loaded anew would lose this.
  await page.evaluate(() => {
    document.body.dataset.visited = "yes";
  });
  await app.say(`complete ${title}`);
  await expect(app.checkbox(title)).toBeChecked();
  await expect(page.locator("body")).toHaveAttribute("data-visited", "yes");
  await app.photograph("completed");

  await page.reload();
  await expect(app.log.locator("[data-role=user]").last()).toContainText(`complete ${title}`);
  await expect(app.log.locator("[data-role=assistant]")).toHaveCount(2);

  await page.setViewportSize({ width: 390, height: 844 });
  await app.narrowTo(title);
  await app.photograph("phone");
  await app.expectNothingSticksOut();

  await page.getByRole("button", { name: `Delete ${title}`, exact: true }).click();
  await expect(app.checkbox(title)).toHaveCount(0);
  await page.getByRole("tab", { name: "Chat" }).click();
  await app.photograph("phone-chat");
  await page.getByRole("button", { name: "New conversation" }).click();
  await expect(app.log).toBeEmpty();
});

test("a todo gets a description and a due date, which the chat tells alike", async ({ app, page }) => {
  await app.open();
  const title = app.newTitle("Oil the winch");
  await page.getByRole("button", { name: "Description and due date" }).click();
  await page.getByLabel("Description").fill("with the green can");
  await page.getByLabel("Due").fill("2100-03-01T23:30");
  await app.add(title);
  await app.narrowTo(title);
  await expect(app.list).toContainText("with the green can");
  await expect(app.list.getByRole("time")).toHaveText("1 March 2100, 23:30");

  await page.getByRole("button", { name: `Edit ${title}` }).click();
  const form = page.getByRole("form", { name: `Edit ${title}` });
  await form.getByLabel("Description").fill("with the red can");
  await form.getByLabel("Due").fill("2100-03-02T23:59");
  await app.photograph("editor");
  await page.keyboard.press("Enter");
  await expect(app.list).toContainText("with the red can");
  await expect(page.getByRole("button", { name: `Edit ${title}` })).toBeFocused();
  await expect(app.list.getByRole("time")).toHaveText("2 March 2100");
  await expect(await app.say(`find ${title}`)).toContainText("2 March 2100");
});

test("a deleted todo is brought back by the keyboard, and is gone when the page is closed", async ({
  app,
  page,
}) => {
  await app.open();
  const title = app.newTitle("Repair the nets");
  await app.add(title);
  await app.narrowTo(title);
  const remove = page.getByRole("button", { name: `Delete ${title}` });
  await remove.press("Enter");
  await expect(page.getByLabel("New todo")).toBeFocused();
  await app.photograph("deleted");
  await page.getByRole("button", { name: `Undo deleting ${title}` }).press("Enter");
  await expect(app.checkbox(title)).toBeFocused();

  await remove.click();
  await page.goto("about:blank");
  await expect.poll(() => app.count(title)).toBe(0);
});
