import { useFocusHeir } from "./focus-heir.ts";

interface Props {
  what: string;
  onRetry: () => void;
  /** The id of what gets the focus when a retry has worked and this goes. */
  heir: string;
}

export function Unreachable({ what, onRetry, heir }: Props) {
  const box = useFocusHeir<HTMLDivElement>(() => document.getElementById(heir));
  return (
    <div className="trouble" role="alert" ref={box}>
      {what} cannot be reached just now{" "}
      <button type="button" onClick={onRetry}>
        Retry
      </button>
    </div>
  );
}
