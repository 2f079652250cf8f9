import type { Plugin } from "vite";

/** What replaces modules that a build brings along and this app has no use for, by the end of their path. */
const REPLACEMENTS: Readonly<Record<string, string>> = {
  // Would load what a part of the app imports before the part itself. Here that is on the page already.
  "vite/preload-helper.js": "export const __vitePreload = (load) => load();",
  "query-core/build/modern/infiniteQueryBehavior.js": `
    export function infiniteQueryBehavior() {
      throw new Error("See build/unused-modules.ts");
    }
    export { infiniteQueryBehavior as hasNextPage, infiniteQueryBehavior as hasPreviousPage };`,
};

/** Makes the page a kilobyte smaller. */
export function removeUnusedModules(): Plugin {
  return {
    name: "unused-modules",
    apply: "build",
    enforce: "pre",
    load(id) {
      const path = Object.keys(REPLACEMENTS).find((end) => id.endsWith(end));
      return path === undefined ? null : REPLACEMENTS[path];
    },
  };
}
