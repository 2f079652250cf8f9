import { formatMoment } from "./moment.ts";

export function Moment({ at }: { at: string }) {
  return <time dateTime={at}>{formatMoment(at)}</time>;
}

const MOMENT = /(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))/;

/** A text with its moments in the API's format shown as in the list. */
export function WithMoments({ text }: { text: string }) {
  // The matches of the pattern's group are the parts with odd indexes.
  return text.split(MOMENT).map((part, index) => {
    if (index % 2 === 0 || Number.isNaN(Date.parse(part))) return part;
    return <Moment key={index} at={part} />;
  });
}
