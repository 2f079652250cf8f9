import { useEffect, useEffectEvent, useState } from "react";
import { flushSync } from "react-dom";
import type { Todo } from "./api.ts";
import type { useDeletions } from "./use-deletions.ts";

export const UNDO_MS = 10_000;

interface RowProps {
  todo: Todo;
  onUndo: () => void;
  onExpire: () => void;
}

function DeletedTodo({ todo, onUndo, onExpire }: RowProps) {
  // The time does not run out while the button has the focus or the pointer.
  const [focused, setFocused] = useState(false);
  const [hovered, setHovered] = useState(false);
  const paused = focused || hovered;
  const expire = useEffectEvent(onExpire);

  useEffect(() => {
    if (paused) return;
    const timer = setTimeout(() => {
      expire();
    }, UNDO_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [paused]);

  return (
    <p>
      “{todo.title}” is deleted{" "}
      <button
        type="button"
        aria-label={`Undo deleting ${todo.title}`}
        aria-keyshortcuts="Control+Z Meta+Z"
        onClick={onUndo}
        onFocus={() => {
          setFocused(true);
        }}
        onBlur={() => {
          setFocused(false);
        }}
        onPointerEnter={() => {
          setHovered(true);
        }}
        onPointerLeave={() => {
          setHovered(false);
        }}
      >
        Undo
      </button>
    </p>
  );
}

/** In a text field, the keys undo the typing. */
function isTextField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.matches("textarea, input:not([type=checkbox], [type=radio])")
  );
}

/** The todos deleted just now, each with an undo button; Ctrl+Z (⌘Z) undoes the last deletion. */
export function DeletedTodos({ deletions }: { deletions: ReturnType<typeof useDeletions> }) {
  const undoable = deletions.pending.filter(({ sent }) => !sent).map(({ todo }) => todo);

  function undo(todo: Todo) {
    // The todo has to be in the page before it can be focused.
    flushSync(() => {
      deletions.undo(todo);
    });
    (document.getElementById(`todo-${todo.id}`) ?? document.getElementById("new-todo"))?.focus();
  }

  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    const last = undoable.at(-1);
    const isUndoKey = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
    if (!isUndoKey || !last || isTextField(event.target)) return;
    event.preventDefault();
    undo(last);
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => {
      onKeyDown(event);
    };
    document.addEventListener("keydown", listener);
    return () => {
      document.removeEventListener("keydown", listener);
    };
  }, []);

  return (
    // In the page from the start, so that screen readers announce what is added.
    <div className="deleted" aria-live="polite">
      {undoable.map((todo) => (
        <DeletedTodo
          key={todo.id}
          todo={todo}
          onUndo={() => {
            undo(todo);
          }}
          onExpire={() => {
            deletions.finish(todo);
          }}
        />
      ))}
    </div>
  );
}
