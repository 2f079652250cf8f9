import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeEach, expect, vi } from "vitest";

// Machines have few cores, and much to do beside.
configure({ asyncUtilTimeout: 10_000 });

beforeEach(() => {
  vi.spyOn(console, "error");
  // jsdom has no layout, and no `matchMedia`: the screen is wide.
  if (typeof window === "undefined") return;
  vi.stubGlobal("matchMedia", () => Object.assign(new EventTarget(), { matches: false }));
});

afterEach(() => {
  // React only warns of two elements with one key, and may then mix them up.
  const log: unknown = console.error;
  const warnings = vi.isMockFunction(log) ? log.mock.calls.map(String) : [];
  expect(warnings.filter((text) => text.includes("same key"))).toEqual([]);
  // What is built is tested without a page.
  if (typeof window === "undefined") return;
  cleanup();
  localStorage.clear();
});
