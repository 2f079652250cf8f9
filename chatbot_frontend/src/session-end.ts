const ends = new EventTarget();

/** Says that the server no longer knows who asks: the session has ended there. */
export function announceSessionEnd(): void {
  ends.dispatchEvent(new Event("end"));
}

/** Calls a function at each end, until the function that this gives is called. */
export function onSessionEnd(listener: () => void): () => void {
  ends.addEventListener("end", listener);
  return () => {
    ends.removeEventListener("end", listener);
  };
}
