/** What the tabs and windows of this browser, which share one session, say to each other. */
export type SessionChange = "signed in" | "signed out";

const NAME = "slipway.session";

export function tellOtherTabs(change: SessionChange): void {
  const channel = new BroadcastChannel(NAME);
  channel.postMessage(change);
  channel.close();
}

/** Calls a function with each change in another tab, until the function that this gives is called. */
export function onOtherTab(listener: (change: SessionChange) => void): () => void {
  const channel = new BroadcastChannel(NAME);
  channel.onmessage = ({ data }: MessageEvent<SessionChange>) => {
    listener(data);
  };
  return () => {
    channel.close();
  };
}
