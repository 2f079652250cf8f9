const answers = new EventTarget();

/** Says that the server did not know who asked: their session has ended, or another one has replaced it meanwhile. */
export function announceUnauthorized(): void {
  answers.dispatchEvent(new Event("401"));
}

/** Calls a function at each such answer, until the signal is aborted. */
export function onUnauthorized(listener: () => void, signal: AbortSignal): void {
  answers.addEventListener("401", listener, { signal });
}
