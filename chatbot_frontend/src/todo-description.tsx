/** About three lines on a narrow screen. */
const LONGEST_WHOLE = 160;

/** A description; of a long one the beginning, and the rest on demand. */
export function TodoDescription({ text }: { text: string }) {
  if (text.length <= LONGEST_WHOLE && text.split("\n").length <= 3)
    return <p className="description">{text}</p>;
  const beginning = text
    .replaceAll("\n", " ")
    .slice(0, LONGEST_WHOLE / 2)
    .trim();
  return (
    <details className="description">
      <summary>{beginning}…</summary>
      {text}
    </details>
  );
}
