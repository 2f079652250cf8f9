import { shownMoment } from "./moment.ts";

export function Moment({ at }: { at: string }) {
  return <time dateTime={at}>{shownMoment(at)}</time>;
}

const MOMENT = /(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))/;

/** A text in which each moment as the API writes it is shown as the list shows it. */
export function WithMoments({ text }: { text: string }) {
  // What a group of the pattern has matched is in between, at the odd places.
  return text.split(MOMENT).map((part, place) => {
    if (place % 2 === 0 || Number.isNaN(Date.parse(part))) return part;
    return <Moment key={place} at={part} />;
  });
}
