import { useState } from "react";
import type { NewTodo as Added } from "./api.ts";
import { momentOfField } from "./moment.ts";
import { LONGEST_TITLE } from "./todo.ts";
import { DetailFields, type TodoDraft } from "./todo-fields.tsx";

const EMPTY: TodoDraft = { title: "", description: "", due: "" };

function addedOf({ title, description, due }: TodoDraft): Added {
  return {
    title: title.trim(),
    ...(description !== "" && { description }),
    ...(due !== "" && { due_at: momentOfField(due) }),
  };
}

/** What was typed stays until the server has it. */
export function NewTodo({ onAdd }: { onAdd: (todo: Added) => Promise<boolean> }) {
  const [draft, setDraft] = useState(EMPTY);
  const [detailed, setDetailed] = useState(false);
  const [saving, setSaving] = useState(false);

  function change(changes: Partial<TodoDraft>) {
    setDraft((now) => ({ ...now, ...changes }));
  }

  async function add() {
    const added = addedOf(draft);
    if (added.title === "" || saving) return;
    setSaving(true);
    // What was typed meanwhile stays.
    if (await onAdd(added)) setDraft((now) => (now === draft ? EMPTY : now));
    setSaving(false);
  }

  return (
    <form
      className="new-todo"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <div className="line">
        <label htmlFor="new-todo" className="unseen">
          New todo
        </label>
        <input
          id="new-todo"
          autoComplete="off"
          placeholder="What is to be done?"
          maxLength={LONGEST_TITLE}
          value={draft.title}
          onChange={(event) => {
            change({ title: event.target.value });
          }}
        />
        {/* Not `disabled`: that would take the focus from it. */}
        <button type="submit" aria-disabled={saving}>
          Add
        </button>
      </div>
      <button
        type="button"
        className="quiet"
        aria-expanded={detailed}
        aria-controls="new-todo-details"
        onClick={() => {
          setDetailed(!detailed);
        }}
      >
        Description and due date
      </button>
      <div id="new-todo-details" className="details">
        {detailed && <DetailFields draft={draft} onChange={change} />}
      </div>
    </form>
  );
}
