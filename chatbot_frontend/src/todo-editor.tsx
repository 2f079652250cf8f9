import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import type { Todo, TodoChanges } from "./api.ts";
import { formatFieldMoment, parseFieldMoment } from "./moment.ts";
import { describeError } from "./problem.ts";
import { DetailFields, TitleField, type TodoDraft } from "./todo-fields.tsx";

interface Props {
  todo: Todo;
  onSave: (changes: TodoChanges) => Promise<void>;
  onClose: () => void;
}

function toDraft(todo: Todo): TodoDraft {
  return { title: todo.title, description: todo.description, due: formatFieldMoment(todo.due_at) };
}

/** Finds the changed fields only: the others may have been changed elsewhere meanwhile. */
function findChanges(todo: Todo, draft: TodoDraft): TodoChanges {
  const originalDraft = toDraft(todo);
  const title = draft.title.trim();
  return {
    ...(title !== originalDraft.title && title !== "" && { title }),
    ...(draft.description !== originalDraft.description && { description: draft.description }),
    ...(draft.due !== originalDraft.due && { due_at: parseFieldMoment(draft.due) }),
  };
}

/** Open until the server has saved the changes; Escape discards them. */
export function TodoEditor({ todo, onSave, onClose }: Props) {
  const [original] = useState(todo);
  const [draft, setDraft] = useState(toDraft(original));
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<unknown>();
  const form = useRef<HTMLFormElement>(null);
  const alertId = useId();

  useEffect(() => {
    const title = form.current?.querySelector("input");
    title?.focus();
    title?.select();
  }, []);

  async function save() {
    if (saving) return;
    const changes = findChanges(original, draft);
    setError(undefined);
    setSaving(true);
    try {
      if (Object.keys(changes).length > 0) await onSave(changes);
      onClose();
    } catch (saveError) {
      setError(saveError);
      setSaving(false);
    }
  }

  const fields = {
    draft,
    onChange: (changes: Partial<TodoDraft>) => {
      setDraft((previous) => ({ ...previous, ...changes }));
    },
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === "Escape") onClose();
    },
    refusal: error === undefined ? undefined : { error, id: alertId },
  };
  return (
    <form
      className="editor"
      aria-label={`Edit ${original.title}`}
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <TitleField {...fields} />
      <DetailFields {...fields} />
      <p role="alert" className="error" id={alertId}>
        {error !== undefined && `This could not be saved: ${describeError(error)}`}
      </p>
      <div className="line">
        <button type="submit" aria-disabled={saving}>
          Save
        </button>
        <button type="button" className="quiet" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}
