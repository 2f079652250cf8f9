import process from "node:process";
import { AxeBuilder } from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";

const { STATUS_PAGE_URL: url = "" } = process.env;

test.skip(url === "", "STATUS_PAGE_URL is not set: the status page is of a local cloud");

const widths = { desktop: 1280, phone: 360 };

async function expectNoHindrance(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => ({ id, where: nodes.map((node) => node.target) }))).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
}

for (const [device, width] of Object.entries(widths)) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`the status page on a ${device} in ${colorScheme} colours`, async ({ page }) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      await page.goto(url);
      await expect(page.getByText("has not answered yet")).toHaveCount(0);
      const service = page.getByRole("article", { name: "chatbot-backend" });
      await expect(service).toContainText("healthy");
      await expect(service).toContainText("(runs)");
      await expect(page.getByText("deploy HEAD").first()).toBeVisible();
      await expect(page.getByText("cannot be asked")).toHaveCount(0);
      await expectNoHindrance(page);

      await page.getByRole("link", { name: "last lines of chatbot-backend" }).click();
      await expect(page.getByRole("heading", { name: "chatbot-backend, logs" })).toBeVisible();
      await expect(page.getByText("has not answered yet")).toHaveCount(0);
      await expect(page.getByRole("listitem").first()).toBeVisible();
      await expectNoHindrance(page);
    });
  }
}
