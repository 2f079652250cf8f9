import process from "node:process";
import { defineConfig } from "@playwright/test";

const { BASE_URL, CHROMIUM = "/usr/bin/chromium" } = process.env;
if (BASE_URL === undefined || BASE_URL === "") {
  throw new Error("BASE_URL is not set: where is the app that is to be tested, e.g. http://127.0.0.1:8080?");
}

// The sandbox of Chromium refuses to work for root, who is not one outside of containers.
const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  // They share one list of todos, and machines have few cores.
  workers: 1,
  timeout: 60_000,
  globalTimeout: 600_000,
  expect: { timeout: 15_000 },
  forbidOnly: process.env.CI !== undefined,
  reporter: "list",
  use: {
    baseURL: BASE_URL,
    browserName: "chromium",
    // A local cluster's certificate is of its own authority.
    ignoreHTTPSErrors: true,
    launchOptions: { executablePath: CHROMIUM, args },
    viewport: { width: 1280, height: 800 },
    actionTimeout: 15_000,
    navigationTimeout: 15_000,
    trace: "retain-on-failure",
  },
});
