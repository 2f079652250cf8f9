/** A random UUID; `crypto.randomUUID` exists only over HTTPS and on localhost. */
function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes.set([((bytes[6] ?? 0) & 0x0f) | 0x40], 6);
  bytes.set([((bytes[8] ?? 0) & 0x3f) | 0x80], 8);
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The key of each submitted body; the same body gets the same key again until its outcome is known. */
export class IdempotencyKeys {
  #unsettled: { content: string; key: string } | undefined;

  keyFor(body: unknown): string {
    const content = JSON.stringify(body);
    if (this.#unsettled?.content !== content) this.#unsettled = { content, key: randomUuid() };
    return this.#unsettled.key;
  }

  /** To be called when the server has answered, with a todo or a refusal. */
  settle(): void {
    this.#unsettled = undefined;
  }
}
