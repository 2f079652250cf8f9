const responses = new EventTarget();

/** Announces that the server answered 401: the session has ended, or another one has replaced it. */
export function announceUnauthorized(): void {
  responses.dispatchEvent(new Event("401"));
}

/** Calls the listener at each such answer, until the signal is aborted. */
export function onUnauthorized(listener: () => void, signal: AbortSignal): void {
  responses.addEventListener("401", listener, { signal });
}
