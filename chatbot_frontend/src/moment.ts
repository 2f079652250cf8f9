/** Times, always in the reader's own time zone. */
const format = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

export function shownMoment(at: string): string {
  return format.format(new Date(at));
}

/** What an `<input type="datetime-local">` has for a moment of the API; empty for none. */
export function fieldOfMoment(at: string | null): string {
  if (at === null) return "";
  const date = new Date(at);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, "2026-01-01T00:00".length);
}

/** The reverse. */
export function momentOfField(value: string): string | null {
  return value === "" ? null : new Date(value).toISOString();
}
