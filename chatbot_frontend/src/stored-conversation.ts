/**
 * The browser's current conversation, stored with its user: another user does not get it. Browsers may refuse storage:
 * the conversation then lasts until the page is left.
 */
const KEY = "slipway.conversation";

export function loadConversationId(user: string): string | undefined {
  try {
    const [owner, id] = localStorage.getItem(KEY)?.split("/") ?? [];
    return owner === user ? id : undefined;
  } catch {
    return undefined;
  }
}

export function storeConversationId(user: string, id: string | undefined): void {
  try {
    if (id === undefined) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, `${user}/${id}`);
  } catch {
    // See above.
  }
}
