import { useRef, type KeyboardEvent } from "react";
import { PANES, type PaneId } from "./pane.tsx";

const NAMES: Record<PaneId, string> = { todos: "Todos", chat: "Chat" };

/** How many tabs a key moves; the row wraps around. */
const STEPS: Partial<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, Home: 0, End: -1 };

interface Props {
  selected: PaneId;
  onSelect: (pane: PaneId) => void;
}

/** The tabs of https://www.w3.org/WAI/ARIA/apg/patterns/tabs/: one Tab stop, arrow keys between them. */
export function PaneTabs({ selected, onSelect }: Props) {
  const list = useRef<HTMLDivElement>(null);

  function move(event: KeyboardEvent) {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const start = event.key.startsWith("Arrow") ? PANES.indexOf(selected) : 0;
    const target = PANES.at((start + step) % PANES.length) ?? selected;
    onSelect(target);
    list.current?.querySelector<HTMLElement>(`#${target}-tab`)?.focus();
  }

  return (
    <div className="tabs" role="tablist" aria-label="Todos or chat" ref={list}>
      {PANES.map((pane) => (
        <button
          key={pane}
          type="button"
          role="tab"
          id={`${pane}-tab`}
          aria-controls={pane}
          aria-selected={pane === selected}
          tabIndex={pane === selected ? 0 : -1}
          onKeyDown={move}
          onClick={() => {
            onSelect(pane);
          }}
        >
          {NAMES[pane]}
        </button>
      ))}
    </div>
  );
}
