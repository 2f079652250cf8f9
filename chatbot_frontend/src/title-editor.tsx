import { useEffect, useRef, useState } from "react";
import { LONGEST_TITLE } from "./todo.ts";

interface Props {
  title: string;
  onClose: (title: string) => void;
}

/** Enter saves, Escape leaves it as it was. */
export function TitleEditor({ title, onClose }: Props) {
  const [draft, setDraft] = useState(title);
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);

  return (
    <form
      className="title-editor"
      onSubmit={(event) => {
        event.preventDefault();
        onClose(draft.trim());
      }}
    >
      <input
        ref={input}
        aria-label={`New title of ${title}`}
        maxLength={LONGEST_TITLE}
        value={draft}
        onChange={(event) => {
          setDraft(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") onClose(title);
        }}
      />
      <button type="submit">Save</button>
      <button
        type="button"
        className="quiet"
        onClick={() => {
          onClose(title);
        }}
      >
        Cancel
      </button>
    </form>
  );
}
