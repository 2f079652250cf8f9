import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";
import { test } from "./todo-app.ts";

async function expectNoHindrance(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const hindrances = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(hindrances.map(({ id, nodes }) => ({ id, where: nodes.map((node) => node.target) }))).toEqual([]);
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`no serious hindrance to signing in, in ${colorScheme} colours`, async ({ app, page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await app.openSignedOut();
    await expectNoHindrance(page);
    await app.signIn({ ...app.credentials, password: "not the password of anybody" });
    await expect(page.getByText("is wrong")).toBeVisible();
    await expectNoHindrance(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByText("I am new").click();
    await expectNoHindrance(page);
  });

  test(`no serious hindrance in ${colorScheme} colours`, async ({ app, page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await app.open();
    const open = app.newTitle("Sweep the quay");
    const done = `${open} again`;
    const deleted = `${open} and again`;
    await page.getByRole("button", { name: "Description and due date" }).click();
    await page.getByLabel("Description").fill("from the crane to the gate, ".repeat(10));
    await page.getByLabel("Due").fill("2020-03-01T10:00");
    await app.add(open);
    await app.add(done);
    await app.add(deleted);
    await app.narrowTo(open);
    await app.checkbox(done).check();
    await app.say(`find ${open}`);
    await page.getByRole("button", { name: `Edit ${done}` }).click();
    await page.getByRole("button", { name: `Delete ${deleted}` }).click();
    await expectNoHindrance(page);

    await page.setViewportSize({ width: 390, height: 844 });
    for (const tab of ["Todos", "Chat"]) {
      await page.getByRole("tab", { name: tab }).click();
      await expectNoHindrance(page);
    }
    await page.context().setOffline(true);
    await expect(page.getByText("You are offline")).toBeVisible();
    await expectNoHindrance(page);
    await page.context().setOffline(false);
    await expect(page.getByText("You are offline")).toHaveCount(0);
  });
}
