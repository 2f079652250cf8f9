import { AxeBuilder } from "@axe-core/playwright";
import { expect } from "@playwright/test";
import { test } from "./todo-app.ts";

for (const colorScheme of ["light", "dark"] as const) {
  test(`no serious hindrance in ${colorScheme} colours`, async ({ app, page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await app.open();
    const open = app.newTitle("Sweep the quay");
    const done = `${open} again`;
    await app.add(open);
    await app.add(done);
    await app.narrowTo(open);
    await app.checkbox(done).check();
    await app.say(`find ${open}`);

    const { violations } = await new AxeBuilder({ page }).analyze();
    const hindrances = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    expect(hindrances.map(({ id, nodes }) => ({ id, where: nodes.map((node) => node.target) }))).toEqual([]);
  });
}
