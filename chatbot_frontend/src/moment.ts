/** Moments of the API, formatted in the reader's time zone. */
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** The time of a due date without a time. */
const LAST_MINUTE = "23:59";

/** In the chat's format: “2 March 2100, 17:00”. */
export function formatMoment(at: string): string {
  const date = new Date(at);
  const time = TIME.format(date);
  return time === LAST_MINUTE ? DAY.format(date) : `${DAY.format(date)}, ${time}`;
}

/** The name of the reader's time zone, such as Europe/Berlin. */
export function timeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Formats a moment of the API for an `<input type="datetime-local">`; empty for null. */
export function formatFieldMoment(at: string | null): string {
  if (at === null) return "";
  const date = new Date(at);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, "2026-01-01T00:00".length);
}

/** Parses the value of an `<input type="datetime-local">` to a moment of the API. */
export function parseFieldMoment(value: string): string | null {
  return value === "" ? null : new Date(value).toISOString();
}
