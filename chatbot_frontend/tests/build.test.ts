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
import { BACKEND_PATHS, CHATBOT_BACKEND_PATHS, proxyTo } from "../build/proxy.ts";
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

describe("the size of a first visit", () => {
  /** Of a page with two parts, each as large as it says, in bytes that cannot be compressed well. */
  async function built(largest: number, parts: Record<string, number>, visits: Record<string, string>) {
    const root = await mkdtemp(join(tmpdir(), "page-"));
    try {
      await writeFile(join(root, "index.html"), '<script type="module" src="/main.js"></script>');
      const imports = Object.keys(parts).map((part) => `import("./${part}.js");`);
      await writeFile(join(root, "main.js"), imports.join("\n"));
      for (const [part, size] of Object.entries(parts)) {
        const text = randomBytes(size).toString("base64");
        await writeFile(join(root, `${part}.js`), `console.log("${text}");`);
      }
      const plugins = [sizeLimit(largest, visits)];
      return await build({ root, configFile: false, logLevel: "silent", plugins });
    } finally {
      await rm(root, { recursive: true });
    }
  }

  const parts = { app: 3000, form: 1000 };
  const visits = { "signed out": "/form.js", "signed in": "/app.js" };

  it("has a limit that fails the build, whichever visit it is", async () => {
    await expect(built(2000, parts, visits)).rejects.toThrow(
      /A first visit, signed in, loads 3\d{3} bytes, and at most 2000 are allowed/,
    );
    await expect(built(2000, { app: 1000, form: 3000 }, visits)).rejects.toThrow(/signed out, loads 3\d{3}/);
  });

  it("leaves out what the visit does not need", async () => {
    await expect(built(3900, parts, visits)).resolves.toBeDefined();
  });

  it("has to be known", async () => {
    await expect(built(9000, parts, { "signed in": "/page.js" })).rejects.toThrow(/No chunk begins with/);
  });
});

describe("what is passed on to the backends", () => {
  it("is the same in production and in development", async () => {
    const file = await readFile(join(import.meta.dirname, "../Caddyfile"), "utf8");
    function produced(matcher: string): string[] {
      const [, paths = ""] = new RegExp(`^\\t@${matcher} path (.*)$`, "m").exec(file) ?? [];
      return paths.split(" ").filter((path) => !path.endsWith("*"));
    }
    expect(produced("backend")).toEqual(BACKEND_PATHS.map((path) => `/api/${path}`));
    expect(produced("conversations")).toEqual(CHATBOT_BACKEND_PATHS.map((path) => `/chat/${path}`));
  });

  it.each([
    ["/api/todos", "/todos"],
    ["/api/todos?limit=1", "/todos?limit=1"],
    ["/api/todos/1", "/todos/1"],
    ["/api/sessions", "/sessions"],
    ["/api/metrics", undefined],
    ["/api/todosx", undefined],
    ["/x/api/todos", undefined],
  ])("of %s is %s", (path, expected) => {
    const [[pattern, options] = []] = Object.entries(proxyTo("http://backend", "/api", BACKEND_PATHS));
    expect(new RegExp(pattern ?? "").test(path)).toBe(expected !== undefined);
    if (expected !== undefined) expect(options?.rewrite?.(path)).toBe(expected);
    expect(options?.changeOrigin).toBe(false);
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
