/** Moments of the API, always in the reader's own time zone. */
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** What is due at the end of a day is due on that day. */
const LAST_MINUTE = "23:59";

/** As the chat writes it: “2 March 2100, 17:00”. */
export function shownMoment(at: string): string {
  const date = new Date(at);
  const time = TIME.format(date);
  return time === LAST_MINUTE ? DAY.format(date) : `${DAY.format(date)}, ${time}`;
}

/** The name of the reader's time zone, such as Europe/Berlin. */
export function timeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
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
