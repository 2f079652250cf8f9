import { useId, type KeyboardEvent } from "react";
import { Problem } from "./problem.ts";
import { LONGEST_DESCRIPTION, LONGEST_TITLE } from "./todo.ts";

/** A todo as it is typed. */
export interface TodoDraft {
  title: string;
  description: string;
  /** What `<input type="datetime-local">` has. */
  due: string;
}

interface Props {
  draft: TodoDraft;
  onChange: (changes: Partial<TodoDraft>) => void;
  /** What the server refused the draft with, and the id of the element that says so. */
  refusal?: { error: unknown; id: string } | undefined;
  onKeyDown?: (event: KeyboardEvent) => void;
}

/** What says to a screen reader that a field is wrong, and why. */
function invalid(refusal: Props["refusal"], field: string) {
  const wrong = refusal?.error instanceof Problem && refusal.error.fields.some((one) => one.field === field);
  return wrong && { "aria-invalid": true, "aria-describedby": refusal.id };
}

export function TitleField({ draft, onChange, refusal, onKeyDown }: Props) {
  const id = useId();
  return (
    <label htmlFor={id} className="field">
      Title
      <input
        id={id}
        required
        autoComplete="off"
        maxLength={LONGEST_TITLE}
        value={draft.title}
        onChange={(event) => {
          onChange({ title: event.target.value });
        }}
        onKeyDown={onKeyDown}
        {...invalid(refusal, "title")}
      />
    </label>
  );
}

export function DetailFields({ draft, onChange, refusal, onKeyDown }: Props) {
  const description = useId();
  const due = useId();
  return (
    <>
      <label htmlFor={description} className="field">
        Description
        <textarea
          id={description}
          rows={2}
          maxLength={LONGEST_DESCRIPTION}
          value={draft.description}
          onChange={(event) => {
            onChange({ description: event.target.value });
          }}
          onKeyDown={onKeyDown}
          {...invalid(refusal, "description")}
        />
      </label>
      <label htmlFor={due} className="field">
        Due
        <input
          id={due}
          type="datetime-local"
          max="9999-12-31T23:59"
          value={draft.due}
          onChange={(event) => {
            onChange({ due: event.target.value });
          }}
          onKeyDown={onKeyDown}
          {...invalid(refusal, "due_at")}
        />
      </label>
    </>
  );
}
