import { useRef, useState } from "react";
import { flushSync } from "react-dom";
import type { Todo, TodoChanges } from "./api.ts";
import { DueDate } from "./due-date.tsx";
import { useRestoreFocus } from "./use-restore-focus.ts";
import { TodoDescription } from "./todo-description.tsx";
import { TodoEditor } from "./todo-editor.tsx";

interface Props {
  todo: Todo;
  onComplete: (completed: boolean) => void;
  onSave: (changes: TodoChanges) => Promise<void>;
  onRemove: () => void;
}

/** Finds the checkbox of the next todo, or of the previous one, or the field for a new todo. */
function findNeighbour(leaving: HTMLElement): HTMLElement | null {
  const neighbour = leaving.nextElementSibling ?? leaving.previousElementSibling;
  return neighbour?.querySelector<HTMLElement>("input") ?? document.getElementById("new-todo");
}

function TodoTitle({ todo, onComplete }: Pick<Props, "todo" | "onComplete">) {
  return (
    <label className="check todo-title">
      <input
        id={`todo-${todo.id}`}
        type="checkbox"
        checked={todo.completed}
        onChange={(event) => {
          onComplete(event.target.checked);
        }}
      />
      <span>{todo.title}</span>
    </label>
  );
}

export function TodoItem({ todo, onComplete, onSave, onRemove }: Props) {
  const [editing, setEditing] = useState(false);
  const row = useRestoreFocus<HTMLLIElement>(findNeighbour);
  const editButton = useRef<HTMLButtonElement>(null);

  function closeEditor() {
    const focused = row.current?.contains(document.activeElement);
    // The button has to be in the page before it can be focused.
    flushSync(() => {
      setEditing(false);
    });
    if (focused) editButton.current?.focus();
  }

  return (
    <li className="todo" data-completed={todo.completed} ref={row}>
      {editing ? (
        <TodoEditor todo={todo} onSave={onSave} onClose={closeEditor} />
      ) : (
        <>
          <TodoTitle todo={todo} onComplete={onComplete} />
          {todo.due_at !== null && <DueDate at={todo.due_at} completed={todo.completed} />}
          <div className="actions">
            <button
              type="button"
              className="quiet"
              ref={editButton}
              aria-label={`Edit ${todo.title}`}
              onClick={() => {
                setEditing(true);
              }}
            >
              Edit
            </button>
            <button type="button" className="quiet" aria-label={`Delete ${todo.title}`} onClick={onRemove}>
              Delete
            </button>
          </div>
          {todo.description !== "" && <TodoDescription text={todo.description} />}
        </>
      )}
    </li>
  );
}
