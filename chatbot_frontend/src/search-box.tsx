import { useEffect, useState } from "react";

/** The backend's own limit. */
const LONGEST_SEARCH = 200;
/** Long enough to type the next letter, short enough not to be noticed. */
const PAUSE_MS = 250;

export function SearchBox({ onSearch }: { onSearch: (search: { q: string }) => void }) {
  const [draft, setDraft] = useState<string>();

  useEffect(() => {
    if (draft === undefined) return;
    const pause = setTimeout(() => {
      onSearch({ q: draft.trim() });
    }, PAUSE_MS);
    return () => {
      clearTimeout(pause);
    };
  }, [draft, onSearch]);

  return (
    <input
      type="search"
      aria-label="Search todos"
      placeholder="Search"
      maxLength={LONGEST_SEARCH}
      value={draft ?? ""}
      onChange={(event) => {
        setDraft(event.target.value);
      }}
    />
  );
}
