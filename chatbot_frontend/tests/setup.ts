import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeEach, vi } from "vitest";

// Machines have few cores, and much to do beside.
configure({ asyncUtilTimeout: 10_000 });

beforeEach(() => {
  // jsdom has no layout, and no `matchMedia`: the screen is wide.
  if (typeof window === "undefined") return;
  vi.stubGlobal("matchMedia", () => Object.assign(new EventTarget(), { matches: false }));
});

afterEach(() => {
  // What is built is tested without a page.
  if (typeof window === "undefined") return;
  cleanup();
  localStorage.clear();
});
