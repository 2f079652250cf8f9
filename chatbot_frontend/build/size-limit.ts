import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Fails a build whose scripts and styles, each compressed by gzip, are more than so many bytes together. */
export function sizeLimit(largest: number): Plugin {
  return {
    name: "size-limit",
    apply: "build",
    writeBundle(_, bundle) {
      const sizes = Object.entries(bundle)
        .filter(([name]) => /\.(?:js|css)$/.test(name))
        .map(([, file]) => gzipSync(file.type === "chunk" ? file.code : file.source).length);
      const size = sizes.reduce((sum, one) => sum + one, 0);
      if (size <= largest) return;
      this.error(
        `The page loads ${String(size)} bytes, and at most ${String(largest)} are allowed (vite.config.ts)`,
      );
    },
  };
}
