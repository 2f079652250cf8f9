import { useState } from "react";
import type { NewTodo as NewTodoBody } from "./api.ts";
import { parseFieldMoment } from "./moment.ts";
import { LONGEST_TITLE } from "./todo.ts";
import { DetailFields, type TodoDraft } from "./todo-fields.tsx";

const EMPTY: TodoDraft = { title: "", description: "", due: "" };

function toBody({ title, description, due }: TodoDraft): NewTodoBody {
  return {
    title: title.trim(),
    ...(description !== "" && { description }),
    ...(due !== "" && { due_at: parseFieldMoment(due) }),
  };
}

/** Keeps what was typed until the server has saved it. */
export function NewTodo({ onAdd }: { onAdd: (todo: NewTodoBody) => Promise<boolean> }) {
  const [draft, setDraft] = useState(EMPTY);
  const [showDetails, setShowDetails] = useState(false);
  const [saving, setSaving] = useState(false);

  function change(changes: Partial<TodoDraft>) {
    setDraft((previous) => ({ ...previous, ...changes }));
  }

  async function add() {
    const body = toBody(draft);
    if (body.title === "" || saving) return;
    setSaving(true);
    // Keep what was typed meanwhile.
    if (await onAdd(body)) setDraft((previous) => (previous === draft ? EMPTY : previous));
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
        {/* Not `disabled`, which would remove the focus. */}
        <button type="submit" aria-disabled={saving}>
          Add
        </button>
      </div>
      <button
        type="button"
        className="quiet"
        aria-expanded={showDetails}
        aria-controls="new-todo-details"
        onClick={() => {
          setShowDetails(!showDetails);
        }}
      >
        Description and due date
      </button>
      <div id="new-todo-details" className="details">
        {showDetails && <DetailFields draft={draft} onChange={change} />}
      </div>
    </form>
  );
}
