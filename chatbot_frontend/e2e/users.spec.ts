import { expect } from "@playwright/test";
import { test, TodoApp } from "./todo-app.ts";

test("two users do not see each other's todos, nor does the chat of one know the other's", async ({
  app,
  page,
  browser,
}) => {
  await app.open();
  const title = app.newTitle("Hide the treasure");
  await app.add(title);
  const found = await page.request.get("/api/todos", { params: { q: title } });
  const { items } = (await found.json()) as { items: [{ id: string }] };

  const elsewhere = await browser.newContext();
  const stranger = new TodoApp(await elsewhere.newPage());
  await stranger.createUser();
  await stranger.open();
  await expect(stranger.page.getByText("Nothing to do yet")).toBeVisible();
  expect(await stranger.count(title)).toBe(0);
  for (const send of ["get", "delete"] as const) {
    expect((await stranger.page.request[send](`/api/todos/${items[0].id}`)).status()).toBe(404);
  }
  await expect(await stranger.say("what is on my list?")).not.toContainText(title);
  await stranger.deleteUser();
  await elsewhere.close();

  await page.reload();
  await expect(app.checkbox(title)).toBeVisible();
});

test("the next user of a browser finds nothing of the one before", async ({ app, page }) => {
  await app.open();
  const title = app.newTitle("Bury the chest");
  await app.add(title);
  await app.say(`find ${title}`);
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(page.getByText("You are signed out")).toBeVisible();

  const next = new TodoApp(page);
  await page.getByText("I am new").click();
  await page.getByLabel("User name").fill(next.credentials.name);
  await page.getByLabel("Password").fill(next.credentials.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByText("Nothing to do yet")).toBeVisible();
  await expect(next.log).toBeEmpty();
  await expect(page.getByText(title)).toHaveCount(0);
  await next.deleteUser();
});
