/** A random UUID; `crypto.randomUUID` is only there over HTTPS and on localhost. */
function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes.set([((bytes[6] ?? 0) & 0x0f) | 0x40], 6);
  bytes.set([((bytes[8] ?? 0) & 0x3f) | 0x80], 8);
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * The key of each submit. The same thing, submitted again when nobody knows whether the first try has arrived, has the
 * first one's.
 */
export class IdempotencyKeys {
  #uncertain: { content: string; key: string } | undefined;

  keyOf(submitted: unknown): string {
    const content = JSON.stringify(submitted);
    if (this.#uncertain?.content !== content) this.#uncertain = { content, key: randomUuid() };
    return this.#uncertain.key;
  }

  /** The server has answered, with a todo or a refusal. */
  settle(): void {
    this.#uncertain = undefined;
  }
}
