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

  // However many todos there are: a done one moves below the open ones, and off the first page.
  await page.getByRole("searchbox", { name: "Search todos" }).fill(title);
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
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow, "nothing sticks out of a narrow screen").toBeLessThanOrEqual(0);

  await page.getByRole("button", { name: `Delete ${title}`, exact: true }).click();
  await expect(app.checkbox(title)).toHaveCount(0);
  await page.getByRole("button", { name: "New conversation" }).click();
  await expect(app.log).toBeEmpty();
});
