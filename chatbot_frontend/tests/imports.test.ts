// @vitest-environment node
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../src");

/** What a module imports of this app, types as well: a cycle of types is one of ideas. */
function importsOf(path: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(path, "utf8"));
  const own = importedFiles.filter(({ fileName }) => /^\.\.?\/.*\.tsx?$/.test(fileName));
  return own.map(({ fileName }) => join(dirname(path), fileName));
}

function cycleFrom(path: string, trail: readonly string[], finished: Set<string>): string[] | undefined {
  if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
  if (finished.has(path)) return undefined;
  for (const imported of importsOf(path)) {
    const cycle = cycleFrom(imported, [...trail, path], finished);
    if (cycle) return cycle;
  }
  finished.add(path);
  return undefined;
}

describe("the modules", () => {
  const modules = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.tsx?$/.test(name),
  );

  it("import each other in no circle", () => {
    const finished = new Set<string>();
    const cycles = modules.map((name) => cycleFrom(join(ROOT, name), [], finished)).filter(Boolean);
    expect(cycles).toEqual([]);
    expect(finished.size).toBeGreaterThan(10);
  });
});
