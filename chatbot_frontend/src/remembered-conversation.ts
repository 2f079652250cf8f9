/** The conversation this browser is in. Browsers may refuse storage: the chat then works until the page is left. */
const KEY = "slipway.conversation";

export function rememberedConversation(): string | undefined {
  try {
    return localStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

export function rememberConversation(id: string | undefined): void {
  try {
    if (id === undefined) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, id);
  } catch {
    // See above.
  }
}
