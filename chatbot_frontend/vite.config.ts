import process from "node:process";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { health } from "./build/health.ts";
import { precompress } from "./build/precompress.ts";
import { BACKEND_PATHS, CHATBOT_BACKEND_PATHS, proxyTo } from "./build/proxy.ts";
import { sizeLimit } from "./build/size-limit.ts";

/** What a first visit loads at most, in bytes after gzip, and what each visit needs. */
const LARGEST_VISIT = 90_000;
const VISITS = { "signed out": "/src/sign-in-page.tsx", "signed in": "/src/app.tsx" };

const {
  PORT = "8080",
  BACKEND_URL = "http://127.0.0.1:8000",
  CHATBOT_BACKEND_URL = "http://127.0.0.1:8001",
  RELEASE_SHA = "unknown",
} = process.env;

export default defineConfig({
  plugins: [react(), precompress(), sizeLimit(LARGEST_VISIT, VISITS), health(RELEASE_SHA)],
  build: {
    target: "baseline-widely-available",
    // The content security policy allows no `data:`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    host: "0.0.0.0",
    port: Number(PORT),
    strictPort: true,
    proxy: {
      ...proxyTo(BACKEND_URL, "/api", BACKEND_PATHS),
      ...proxyTo(CHATBOT_BACKEND_URL, "/chat", CHATBOT_BACKEND_PATHS),
    },
  },
  test: {
    environment: "jsdom",
    include: ["tests/**/*.test.{ts,tsx}"],
    // Where it is neither UTC nor what the machine has.
    env: { TZ: "America/New_York" },
    setupFiles: "tests/setup.ts",
    // Machines have few cores, and much to do beside.
    testTimeout: 30_000,
    restoreMocks: true,
    unstubGlobals: true,
    coverage: {
      reporter: ["text", "html", "json", "cobertura"],
      include: ["src/**", "build/**"],
      // Only puts the app into the page; the end-to-end tests reach it.
      exclude: ["src/main.tsx", "**/*.css"],
      thresholds: { lines: 90, functions: 90, statements: 90, branches: 85 },
    },
  },
});
