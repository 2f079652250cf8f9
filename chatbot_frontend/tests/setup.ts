import "@testing-library/jest-dom/vitest";
import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

afterEach(() => {
  // What is built is tested without a page.
  if (typeof window === "undefined") return;
  cleanup();
  localStorage.clear();
});
