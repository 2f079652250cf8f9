import { useState } from "react";
import { LONGEST_TITLE } from "./todo.ts";

/** What was typed stays until the server has it. */
export function NewTodo({ onAdd }: { onAdd: (title: string) => Promise<boolean> }) {
  const [draft, setDraft] = useState("");
  const [saving, setSaving] = useState(false);

  async function add() {
    const title = draft.trim();
    if (title === "" || saving) return;
    setSaving(true);
    if (await onAdd(title)) setDraft((now) => (now.trim() === title ? "" : now));
    setSaving(false);
  }

  return (
    <form
      className="line"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <label htmlFor="new-todo" className="unseen">
        New todo
      </label>
      <input
        id="new-todo"
        autoComplete="off"
        placeholder="What is to be done?"
        maxLength={LONGEST_TITLE}
        value={draft}
        onChange={(event) => {
          setDraft(event.target.value);
        }}
      />
      {/* Not `disabled`: that would take the focus from it. */}
      <button type="submit" aria-disabled={saving}>
        Add
      </button>
    </form>
  );
}
