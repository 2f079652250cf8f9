import { expect, test } from "@playwright/test";

test.describe("the server", () => {
  test("protects each answer by headers", async ({ request }) => {
    for (const path of ["/", "/livez", "/api/todos", "/assets/unknown.js"]) {
      const headers = (await request.get(path)).headers();
      const policy = headers["content-security-policy"] ?? "";
      expect(policy, path).toContain("default-src 'self'");
      expect(policy, path).toContain("frame-ancestors 'none'");
      expect(policy, path).not.toContain("unsafe-inline");
      expect(headers["x-content-type-options"], path).toBe("nosniff");
      expect(headers["referrer-policy"], path).toBe("no-referrer");
      expect(headers.server, path).toBeUndefined();
    }
  });

  test("lets the page be asked for each time, and what it loads be kept for a year", async ({ request }) => {
    const page = await request.get("/");
    expect(page.headers()["cache-control"]).toBe("no-cache");
    const assets = [...(await page.text()).matchAll(/\/assets\/[\w.-]+/g)].map(([path]) => path);
    expect(assets.length).toBeGreaterThan(1);
    for (const path of assets) {
      const asset = await request.get(path, { headers: { "Accept-Encoding": "br" } });
      expect(asset.headers()["cache-control"], path).toBe("public, max-age=31536000, immutable");
      expect(asset.headers()["content-encoding"], path).toBe("br");
      expect((await request.get(`${path}.map`)).status(), path).toBe(404);
    }
  });

  test("answers unknown paths with the page, unknown assets not", async ({ request }) => {
    const page = await request.get("/some/where");
    expect(page.status()).toBe(200);
    expect(await page.text()).toContain('<div id="root">');
    expect(page.headers()["cache-control"]).toBe("no-cache");

    const asset = await request.get("/assets/unknown.js");
    expect(asset.status()).toBe(404);
    expect(asset.headers()["cache-control"]).toBe("no-store");
  });

  test("keeps to itself what the backends tell only inside", async ({ request }) => {
    for (const path of ["/api/metrics", "/chat/metrics", "/api/livez", "/chat/version", "/api/docs"]) {
      const answer = await request.get(path);
      expect(answer.status(), path).toBe(404);
      expect(answer.headers()["content-type"], path).toBe("application/problem+json");
    }
  });

  test("says who it is", async ({ request }) => {
    expect(await (await request.get("/version")).json()).toMatchObject({ service: "chatbot-frontend" });
    expect(await (await request.get("/readyz")).json()).toEqual({ status: "ok" });
  });
});
