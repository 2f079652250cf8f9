import process from "node:process";
import { AxeBuilder } from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";

const { STATUS_PAGE_URL: url = "" } = process.env;

test.skip(url === "", "STATUS_PAGE_URL is not set: the status page is of a local cloud");

const devices = [
  { device: "desktop", width: 1280, colorScheme: "light" },
  { device: "phone", width: 360, colorScheme: "dark" },
] as const;

async function expectNoHindrance(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => ({ id, where: nodes.map((node) => node.target) }))).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
}

for (const { device, width, colorScheme } of devices) {
  test(`the status page on a ${device} in ${colorScheme} colours`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    await page.goto(url);
    await expect(page.getByText("has not answered yet")).toHaveCount(0);
    const service = page.getByRole("article", { name: "chatbot-backend" });
    await expect(service).toContainText("healthy");
    await expect(service).toContainText("(runs)");
    await expect(
      page.getByRole("region", { name: "Recent deploys" }).getByRole("listitem").first(),
    ).toBeVisible();
    await expect(page.getByText("cannot be asked")).toHaveCount(0);
    await expectNoHindrance(page);

    await page.getByRole("link", { name: "last lines of chatbot-backend" }).click();
    await expect(page.getByRole("heading", { name: "chatbot-backend, logs" })).toBeVisible();
    await expect(page.getByText("has not answered yet")).toHaveCount(0);
    await expect(page.getByRole("listitem").first()).toBeVisible();
    await expectNoHindrance(page);
  });
}
