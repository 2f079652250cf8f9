import { onlineManager } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { checkNewPassword, explainRefusal, type ConfirmationRefusal } from "./confirmation-refusal.ts";
import { PasswordField } from "./password-field.tsx";

interface Props {
  /** Begins the ids of its fields. */
  id: string;
  title: string;
  hint: string;
  button: string;
  /** What is said when it is done, if the page is still there then. */
  done?: string;
  /** Whose password confirms it; without it nothing is asked. */
  user?: string;
  /** Whether it asks for a new password, too. */
  asksForNew?: boolean;
  onConfirm: (current: string, changed: string) => Promise<void>;
}

const EMPTY = { current: "", new: "" };

function useConfirmation({ asksForNew, done, onConfirm }: Props) {
  const [passwords, setPasswords] = useState(EMPTY);
  const [refusal, setRefusal] = useState<ConfirmationRefusal>();
  const [sending, setSending] = useState(false);
  const [result, setResult] = useState<string>();

  /** Gives the field to change. */
  async function submit(): Promise<ConfirmationRefusal["field"]> {
    if (sending) return undefined;
    const wrong = asksForNew ? checkNewPassword(passwords.new) : undefined;
    setRefusal(wrong);
    setResult(undefined);
    if (wrong) return wrong.field;
    setSending(true);
    try {
      // It cannot wait for a connection: nobody would know whether it has been done.
      if (!onlineManager.isOnline()) throw new TypeError("offline");
      await onConfirm(passwords.current, passwords.new);
      setPasswords(EMPTY);
      setResult(done);
      return undefined;
    } catch (error) {
      const refused = explainRefusal(error);
      setRefusal(refused);
      return refused.field;
    } finally {
      setSending(false);
    }
  }

  return { passwords, setPasswords, refusal, sending, result, submit };
}

/** A form for what happens to the whole account; what cannot be undone is confirmed by the password. */
export function ConfirmationForm(props: Props) {
  const { id, title, hint, button, user, asksForNew = false } = props;
  const { passwords, setPasswords, refusal, sending, result, submit } = useConfirmation(props);
  const form = useRef<HTMLFormElement>(null);
  const error = `${id}-error`;

  function renderField(field: "current" | "new", label: string) {
    return (
      <PasswordField
        id={`${id}-${field}`}
        label={label}
        creating={field === "new"}
        value={passwords[field]}
        onChange={(value) => {
          setPasswords((now) => ({ ...now, [field]: value }));
        }}
        wrong={refusal?.field === field}
        description={refusal?.field === field ? error : undefined}
      />
    );
  }

  return (
    <form
      className="details"
      ref={form}
      aria-labelledby={`${id}-heading`}
      onSubmit={(event) => {
        event.preventDefault();
        void submit().then((field) => {
          if (field) form.current?.querySelector<HTMLInputElement>(`[name=${id}-${field}]`)?.focus();
        });
      }}
    >
      <h3 id={`${id}-heading`}>{title}</h3>
      <p className="summary">{hint}</p>
      {/* Says to password managers whose password it is. */}
      {user !== undefined && <input hidden readOnly autoComplete="username" value={user} />}
      {user !== undefined && renderField("current", asksForNew ? "Current password" : "Your password")}
      {asksForNew && renderField("new", "New password")}
      <p role="alert" className="error" id={error}>
        {refusal?.text}
      </p>
      <p role="status" className="summary">
        {result}
      </p>
      {/* Not `disabled`: that would take the focus from it. */}
      <button type="submit" aria-disabled={sending}>
        {button}
      </button>
    </form>
  );
}
