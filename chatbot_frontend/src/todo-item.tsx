import { useRef, useState } from "react";
import { flushSync } from "react-dom";
import { DueDate } from "./due-date.tsx";
import { useFocusHeir } from "./focus-heir.ts";
import { TitleEditor } from "./title-editor.tsx";
import type { Todo, TodoChanges } from "./api.ts";

interface Props {
  todo: Todo;
  onChange: (changes: TodoChanges) => void;
  onRemove: () => void;
}

/** The checkbox of the next todo, else of the one before, else the field for a new one. */
function heirOf(leaving: HTMLElement): HTMLElement | null {
  const neighbour = leaving.nextElementSibling ?? leaving.previousElementSibling;
  return neighbour?.querySelector<HTMLElement>("input") ?? document.getElementById("new-todo");
}

export function TodoItem({ todo, onChange, onRemove }: Props) {
  const [editing, setEditing] = useState(false);
  const row = useFocusHeir<HTMLLIElement>(heirOf);
  const renameButton = useRef<HTMLButtonElement>(null);

  function closeEditor(title: string) {
    // The button has to be back before it can be focused.
    flushSync(() => {
      setEditing(false);
    });
    renameButton.current?.focus();
    if (title !== "" && title !== todo.title) onChange({ title });
  }

  return (
    <li className="todo" data-completed={todo.completed} ref={row}>
      {editing ? (
        <TitleEditor title={todo.title} onClose={closeEditor} />
      ) : (
        <>
          <label className="todo-title">
            <input
              type="checkbox"
              checked={todo.completed}
              onChange={(event) => {
                onChange({ completed: event.target.checked });
              }}
            />
            <span>{todo.title}</span>
          </label>
          {todo.due_at !== null && <DueDate at={todo.due_at} completed={todo.completed} />}
          <div className="actions">
            <button
              type="button"
              className="quiet"
              ref={renameButton}
              aria-label={`Rename ${todo.title}`}
              onClick={() => {
                setEditing(true);
              }}
            >
              Rename
            </button>
            <button type="button" className="quiet" aria-label={`Delete ${todo.title}`} onClick={onRemove}>
              Delete
            </button>
          </div>
        </>
      )}
    </li>
  );
}
