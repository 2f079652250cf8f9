import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import type { Todo, TodoChanges } from "./api.ts";
import { fieldOfMoment, momentOfField } from "./moment.ts";
import { explained } from "./problem.ts";
import { DetailFields, TitleField, type TodoDraft } from "./todo-fields.tsx";

interface Props {
  todo: Todo;
  onSave: (changes: TodoChanges) => Promise<void>;
  onClose: () => void;
}

function draftOf(todo: Todo): TodoDraft {
  return { title: todo.title, description: todo.description, due: fieldOfMoment(todo.due_at) };
}

/** What has been changed, and nothing else: others may have changed the rest meanwhile. */
function changesOf(todo: Todo, draft: TodoDraft): TodoChanges {
  const before = draftOf(todo);
  const title = draft.title.trim();
  return {
    ...(title !== before.title && title !== "" && { title }),
    ...(draft.description !== before.description && { description: draft.description }),
    ...(draft.due !== before.due && { due_at: momentOfField(draft.due) }),
  };
}

/** Open until the server has what was typed; Escape leaves all as it was. */
export function TodoEditor({ todo, onSave, onClose }: Props) {
  const [original] = useState(todo);
  const [draft, setDraft] = useState(draftOf(original));
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<unknown>();
  const form = useRef<HTMLFormElement>(null);
  const alert = useId();

  useEffect(() => {
    const title = form.current?.querySelector("input");
    title?.focus();
    title?.select();
  }, []);

  async function save() {
    if (saving) return;
    const changes = changesOf(original, draft);
    setError(undefined);
    setSaving(true);
    try {
      if (Object.keys(changes).length > 0) await onSave(changes);
      onClose();
    } catch (refused) {
      setError(refused);
      setSaving(false);
    }
  }

  const fields = {
    draft,
    onChange: (changes: Partial<TodoDraft>) => {
      setDraft((now) => ({ ...now, ...changes }));
    },
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === "Escape") onClose();
    },
    refusal: error === undefined ? undefined : { error, id: alert },
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
      <p role="alert" className="error" id={alert}>
        {error !== undefined && `This could not be saved: ${explained(error)}`}
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
