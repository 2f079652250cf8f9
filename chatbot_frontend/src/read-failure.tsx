import { useRestoreFocus } from "./use-restore-focus.ts";
import { describeError, isUnreachable } from "./problem.ts";

interface Props {
  what: string;
  error: unknown;
  onRetry: () => void;
  /** The id of the element that gets the focus when a retry has succeeded. */
  focusAfter: string;
}

export function ReadFailure({ what, error, onRetry, focusAfter }: Props) {
  const box = useRestoreFocus<HTMLDivElement>(() => document.getElementById(focusAfter));
  return (
    <div className="error" role="alert" ref={box}>
      {isUnreachable(error)
        ? `${what} cannot be reached just now`
        : `${what} cannot be shown: ${describeError(error)}`}{" "}
      <button type="button" onClick={onRetry}>
        Retry
      </button>
    </div>
  );
}
