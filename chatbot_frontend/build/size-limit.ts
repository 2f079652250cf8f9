import { gzipSync } from "node:zlib";
import type { Plugin, Rolldown } from "vite";

type Bundle = Rolldown.OutputBundle;

function sizeOf(file: Bundle[string] | undefined): number {
  // As precompress.ts compresses.
  return file ? gzipSync(file.type === "chunk" ? file.code : file.source, { level: 9 }).length : 0;
}

/** The names of a chunk and of all that it imports. */
function withImports(bundle: Bundle, name: string, found = new Set<string>()): Set<string> {
  const chunk = bundle[name];
  if (chunk?.type !== "chunk" || found.has(name)) return found;
  found.add(name);
  for (const imported of chunk.imports) withImports(bundle, imported, found);
  return found;
}

/** What a visit loads that needs the part of the app with this module: with all styles, as they are one file. */
function filesOf(bundle: Bundle, part: string): Set<string> | undefined {
  const names = Object.keys(bundle);
  const found = new Set(names.filter((name) => name.endsWith(".css")));
  let complete = false;
  for (const name of names) {
    const chunk = bundle[name];
    if (chunk?.type !== "chunk") continue;
    const wanted = chunk.facadeModuleId?.endsWith(part) ?? false;
    complete ||= wanted;
    if (wanted || chunk.isEntry) withImports(bundle, name, found);
  }
  return complete ? found : undefined;
}

/**
 * Fails a build with a first visit whose scripts and styles, each compressed by gzip, are more than so many bytes
 * together. `visits` has for each the module of the part of the app that it needs, which is a chunk of its own. Parts that
 * are imported later, by that part, are not in it: what all parts are together is said beside.
 */
export function sizeLimit(largest: number, visits: Readonly<Record<string, string>>): Plugin {
  return {
    name: "size-limit",
    apply: "build",
    writeBundle(_, bundle) {
      for (const [visit, part] of Object.entries(visits)) {
        const files = filesOf(bundle, part);
        if (!files) this.error(`No chunk begins with ${part}: how large a visit is, ${visit}, is not known`);
        const size = [...files].reduce((sum, name) => sum + sizeOf(bundle[name]), 0);
        this.info(`A first visit, ${visit}, loads ${String(size)} bytes`);
        if (size <= largest) continue;
        this.error(
          `A first visit, ${visit}, loads ${String(size)} bytes, and at most ${String(largest)} are allowed (vite.config.ts)`,
        );
      }
      const names = Object.keys(bundle).filter((name) => /\.(?:js|css)$/.test(name));
      const size = names.reduce((sum, name) => sum + sizeOf(bundle[name]), 0);
      this.info(`All parts together, which no visit needs, are ${String(size)} bytes`);
    },
  };
}
