import { useId, type KeyboardEvent } from "react";
import { ProblemError } from "./problem.ts";
import { LONGEST_DESCRIPTION, LONGEST_TITLE } from "./todo.ts";

/** The values of a todo's form fields. */
export interface TodoDraft {
  title: string;
  description: string;
  /** The value of an `<input type="datetime-local">`. */
  due: string;
}

interface Props {
  draft: TodoDraft;
  onChange: (changes: Partial<TodoDraft>) => void;
  /** The server's error about the draft, and the id of the element that shows it. */
  refusal?: { error: unknown; id: string } | undefined;
  onKeyDown?: (event: KeyboardEvent) => void;
}

/** The attributes that tell screen readers that a field is invalid, and why. */
function getInvalidProps(refusal: Props["refusal"], field: string) {
  const isInvalid =
    refusal?.error instanceof ProblemError &&
    refusal.error.fields.some((fieldError) => fieldError.field === field);
  return isInvalid && { "aria-invalid": true, "aria-describedby": refusal.id };
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
        {...getInvalidProps(refusal, "title")}
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
          {...getInvalidProps(refusal, "description")}
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
          {...getInvalidProps(refusal, "due_at")}
        />
      </label>
    </>
  );
}
