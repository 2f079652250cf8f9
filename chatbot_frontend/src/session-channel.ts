/** What the tabs and windows of this browser, which share one session, say to each other. */
export type SessionChange = "signed in" | "signed out";

/** One for all that this tab says and hears: it would hear itself on a second one. */
const channel = new BroadcastChannel("slipway.session");

export function tellOtherTabs(change: SessionChange): void {
  channel.postMessage(change);
}

/** Calls a function with each change in another tab, until the signal is aborted. */
export function onOtherTab(listener: (change: SessionChange) => void, signal: AbortSignal): void {
  channel.addEventListener(
    "message",
    ({ data }: MessageEvent<SessionChange>) => {
      listener(data);
    },
    { signal },
  );
}
