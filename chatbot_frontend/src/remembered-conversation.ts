/**
 * The conversation this browser is in, and whose it is: another user gets none. Browsers may refuse storage: the chat
 * then works until the page is left.
 */
const KEY = "slipway.conversation";

export function rememberedConversation(user: string): string | undefined {
  try {
    const [owner, id] = localStorage.getItem(KEY)?.split("/") ?? [];
    return owner === user ? id : undefined;
  } catch {
    return undefined;
  }
}

export function rememberConversation(user: string, id: string | undefined): void {
  try {
    if (id === undefined) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, `${user}/${id}`);
  } catch {
    // See above.
  }
}
