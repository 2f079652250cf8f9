import { useEffect, useEffectEvent, useState } from "react";
import { flushSync } from "react-dom";
import type { Todo } from "./api.ts";
import type { useDeletions } from "./use-deletions.ts";

export const UNDO_MS = 10_000;

interface RowProps {
  todo: Todo;
  onUndo: () => void;
  onTooLate: () => void;
}

function DeletedTodo({ todo, onUndo, onTooLate }: RowProps) {
  // Who is at the button has all the time.
  const [focused, setFocused] = useState(false);
  const [pointed, setPointed] = useState(false);
  const waiting = focused || pointed;
  const finish = useEffectEvent(onTooLate);

  useEffect(() => {
    if (waiting) return;
    const timer = setTimeout(() => {
      finish();
    }, UNDO_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [waiting]);

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
          setPointed(true);
        }}
        onPointerLeave={() => {
          setPointed(false);
        }}
      >
        Undo
      </button>
    </p>
  );
}

/** Where a text is typed, the keys undo the typing. */
function isTypedIn(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.matches("textarea, input:not([type=checkbox], [type=radio])")
  );
}

/** What was deleted just now, and can be undone: by its button, or the last one by Ctrl+Z (⌘Z) from anywhere. */
export function DeletedTodos({ deletions }: { deletions: ReturnType<typeof useDeletions> }) {
  const undoable = deletions.held.filter(({ sent }) => !sent).map(({ todo }) => todo);

  function undo(todo: Todo) {
    // It has to be back before it can be focused.
    flushSync(() => {
      deletions.undo(todo);
    });
    (document.getElementById(`todo-${todo.id}`) ?? document.getElementById("new-todo"))?.focus();
  }

  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    const last = undoable.at(-1);
    const asked = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
    if (!asked || !last || isTypedIn(event.target)) return;
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
    // In the page from the start, so that what comes into it is read out.
    <div className="deleted" aria-live="polite">
      {undoable.map((todo) => (
        <DeletedTodo
          key={todo.id}
          todo={todo}
          onUndo={() => {
            undo(todo);
          }}
          onTooLate={() => {
            deletions.finish(todo);
          }}
        />
      ))}
    </div>
  );
}
