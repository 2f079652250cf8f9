// @vitest-environment node
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { build, createServer, type ViteDevServer } from "vite";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { health } from "../build/health.ts";
import { precompress } from "../build/precompress.ts";
import { sizeLimit } from "../build/size-limit.ts";

describe("what is built", () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "dist-"));
  });

  afterEach(async () => {
    await rm(dir, { recursive: true });
  });

  async function run(): Promise<void> {
    const { writeBundle } = precompress();
    if (typeof writeBundle !== "function") throw new Error("precompress does nothing");
    await (writeBundle as (options: { dir: string }) => Promise<void>)({ dir });
  }

  it("has a compressed copy beside each text that is worth it", async () => {
    const script = "export {};\n".repeat(100);
    await writeFile(join(dir, "app.js"), script);
    await writeFile(join(dir, "tiny.css"), "a{}");
    await writeFile(join(dir, "photo.png"), script);
    await run();
    expect((await readdir(dir)).sort()).toEqual([
      "app.js",
      "app.js.br",
      "app.js.gz",
      "photo.png",
      "tiny.css",
    ]);
    expect(brotliDecompressSync(await readFile(join(dir, "app.js.br"))).toString()).toBe(script);
    expect(gunzipSync(await readFile(join(dir, "app.js.gz"))).toString()).toBe(script);
  });
});

describe("the size of the page", () => {
  async function built(largest: number): Promise<unknown> {
    const root = await mkdtemp(join(tmpdir(), "page-"));
    try {
      await writeFile(join(root, "index.html"), '<script type="module" src="/app.js"></script>');
      // What cannot be compressed well.
      await writeFile(join(root, "app.js"), `console.log("${randomBytes(2000).toString("base64")}");`);
      return await build({ root, configFile: false, logLevel: "silent", plugins: [sizeLimit(largest)] });
    } finally {
      await rm(root, { recursive: true });
    }
  }

  it("has a limit that fails the build", async () => {
    await expect(built(1500)).rejects.toThrow(/loads \d{4} bytes, and at most 1500 are allowed/);
    await expect(built(5000)).resolves.toBeDefined();
  });
});

describe("the development server", () => {
  let server: ViteDevServer;
  let url: string;

  beforeAll(async () => {
    server = await createServer({
      configFile: false,
      logLevel: "silent",
      plugins: [health("abc")],
      optimizeDeps: { noDiscovery: true },
      server: { port: 0, host: "127.0.0.1", ws: false },
    });
    await server.listen();
    const address = server.httpServer?.address();
    if (address === null || typeof address !== "object") throw new Error("The server does not listen");
    url = `http://127.0.0.1:${String(address.port)}`;
  });

  afterAll(async () => {
    await server.close();
  });

  it.each([
    ["/livez", { status: "ok" }],
    ["/readyz?verbose", { status: "ok" }],
    ["/version", { service: "chatbot-frontend", sha: "abc" }],
    ["/health", { status: "ok", service: "chatbot-frontend", sha: "abc" }],
  ])("answers %s as the production server does", async (path, expected) => {
    const response = await fetch(url + path);
    expect(response.headers.get("Content-Type")).toBe("application/json");
    expect(await response.json()).toEqual(expected);
  });

  it("leaves every other path to the app", async () => {
    const response = await fetch(`${url}/`, { headers: { Accept: "text/html" } });
    expect(await response.text()).toContain('<div id="root">');
  });
});
