import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import type { Plugin } from "vite";

const TEXT = /\.(?:html|js|css|svg|txt)$/;
/** Below this the headers weigh more than what is saved. */
const SMALLEST_WORTHWHILE = 512;

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

const compressions: Record<string, (content: Buffer) => Promise<Buffer>> = {
  ".br": compressBrotli,
  ".gz": (content) => compressGzip(content, { level: 9 }),
};

async function compressFile(path: string): Promise<void> {
  const content = await readFile(path);
  if (content.length < SMALLEST_WORTHWHILE) return;
  for (const [suffix, compress] of Object.entries(compressions)) {
    await writeFile(path + suffix, await compress(content));
  }
}

/** Writes a `.br` and a `.gz` beside each text file, so that the server compresses nothing while it serves. */
export function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    async writeBundle({ dir = "dist" }) {
      const entries = await readdir(dir, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile() && TEXT.test(entry.name));
      await Promise.all(files.map((file) => compressFile(join(file.parentPath, file.name))));
    },
  };
}
