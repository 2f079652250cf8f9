import { useRestoreFocus } from "./use-restore-focus.ts";
import { explained, isUnreachable } from "./problem.ts";

interface Props {
  what: string;
  error: unknown;
  onRetry: () => void;
  /** The id of what gets the focus when a retry has worked and this goes. */
  focusAfter: string;
}

export function ReadFailure({ what, error, onRetry, focusAfter }: Props) {
  const box = useRestoreFocus<HTMLDivElement>(() => document.getElementById(focusAfter));
  return (
    <div className="error" role="alert" ref={box}>
      {isUnreachable(error)
        ? `${what} cannot be reached just now`
        : `${what} cannot be shown: ${explained(error)}`}{" "}
      <button type="button" onClick={onRetry}>
        Retry
      </button>
    </div>
  );
}
