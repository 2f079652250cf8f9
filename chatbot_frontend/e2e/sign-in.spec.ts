import { expect } from "@playwright/test";
import { test, TodoApp } from "./todo-app.ts";

test("an account is made on the page, left and entered again", async ({ page }) => {
  const app = new TodoApp(page);
  await app.openSignedOut();
  await app.photograph("sign-in");
  await page.getByText("I am new").click();
  await expect(page.getByText("At least 15 characters")).toBeVisible();
  await page.getByLabel("User name").fill(app.credentials.name);
  await page.getByLabel("Password").fill(app.credentials.password);
  await app.photograph("create-account");
  await page.getByRole("button", { name: "Create account" }).click();
  await app.expectOpen();
  await expect(page.getByRole("group", { name: "Account" })).toContainText(app.credentials.name);
  const title = app.newTitle("Caulk the seams");
  await app.add(title);
  expect(await page.evaluate(() => document.cookie), "scripts cannot read the session").toBe("");

  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(page.getByText("You are signed out")).toBeVisible();
  await expect(page.getByLabel("User name")).toBeFocused();
  await app.signIn({ ...app.credentials, password: "not the password of anybody" });
  await expect(page.getByText("The user name or the password is wrong")).toBeVisible();
  await expect(page.getByLabel("Password")).toBeFocused();
  await app.signIn();
  await expect(app.checkbox(title)).toBeVisible();
  await app.deleteUser();
});

test("a password is changed, and the new one signs in", async ({ app, page }) => {
  await app.open();
  await page.getByRole("button", { name: "Account", exact: true }).click();
  const form = page.getByRole("form", { name: "Change the password" });
  await form.getByLabel("Current password").fill("not the password of anybody");
  await form.getByLabel("New password").fill("another one for the tests");
  await form.getByRole("button", { name: "Change password" }).click();
  await expect(form.getByText("The current password is wrong")).toBeVisible();
  await form.getByLabel("Current password").fill(app.credentials.password);
  app.credentials.password = "another one for the tests";
  await form.getByRole("button", { name: "Change password" }).click();
  await expect(form.getByText("Your password is changed")).toBeVisible();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await app.signIn();
  await app.expectOpen();
});

test("a phone has room for all of it", async ({ app, page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await app.openSignedOut();
  await app.expectNothingSticksOut();
  await app.photograph("phone-sign-in");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.getByText("I am new").click();
  await page.getByLabel("Password").fill("too short");
  await page.getByLabel("User name").fill(app.credentials.name);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByText("this one has 9")).toBeVisible();
  await app.expectNothingSticksOut();
  await app.photograph("phone-create-account");

  await page.getByText("I have an account").click();
  await app.signIn();
  await app.expectOpen();
  await app.expectNothingSticksOut();
  await expect(page.getByRole("button", { name: "Sign out", exact: true })).toBeInViewport();
  await page.getByRole("button", { name: "Account", exact: true }).click();
  await expect(page.getByRole("region", { name: "Account of" })).toBeFocused();
  await app.expectNothingSticksOut();
  await app.photograph("phone-account");
  await page.getByRole("button", { name: "Sign out everywhere" }).click();
  await expect(page.getByText("You are signed out")).toBeVisible();
});

test("what was typed is still there when the session has ended meanwhile", async ({ app, page }) => {
  await app.open();
  const title = app.newTitle("Grease the blocks");
  await page.getByLabel("New todo").fill(title);
  await page.request.delete("/api/sessions");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Your session has ended; sign in again")).toBeVisible();
  await expect(page.getByLabel("Password")).toBeFocused();
  await app.photograph("session-ended");
  await app.signIn();
  await app.expectOpen();
  await expect(page.getByLabel("New todo")).toHaveValue(title);
  await page.getByLabel("New todo").press("Enter");
  await expect(app.checkbox(title)).toBeVisible();
});

test("signing out in one tab signs out the others", async ({ app, page, context }) => {
  await app.open();
  const other = await context.newPage();
  const otherApp = new TodoApp(other);
  await otherApp.open();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(other.getByText("You signed out in another tab")).toBeVisible();
  await expect(otherApp.list).toHaveCount(0);
  await app.signIn();
  await otherApp.expectOpen();
});
