/** The messages between this browser's tabs and windows, which share one session. */
export type SessionChange = "signed in" | "signed out";

/** A single channel to send and receive: a tab would receive its own messages on a second one. */
const channel = new BroadcastChannel("slipway.session");

export function notifyOtherTabs(change: SessionChange): void {
  channel.postMessage(change);
}

/** Calls the listener with each change in another tab, until the signal is aborted. */
export function onOtherTabChange(listener: (change: SessionChange) => void, signal: AbortSignal): void {
  channel.addEventListener(
    "message",
    ({ data }: MessageEvent<SessionChange>) => {
      listener(data);
    },
    { signal },
  );
}
