import { onlineManager } from "@tanstack/react-query";
import { useRef, useState } from "react";
import {
  checkNewPassword,
  explainConfirmationRefusal,
  type ConfirmationRefusal,
} from "./confirmation-refusal.ts";
import { PasswordField } from "./password-field.tsx";

interface Props {
  /** The prefix of its fields' ids. */
  id: string;
  title: string;
  hint: string;
  button: string;
  /** Shown on success, if the page is still there. */
  successMessage?: string;
  /** The user whose password confirms the action; undefined if it needs none. */
  user?: string;
  /** Whether it also asks for a new password. */
  asksForNew?: boolean;
  onConfirm: (currentPassword: string, newPassword: string) => Promise<void>;
}

const EMPTY = { current: "", new: "" };

function useConfirmation({ asksForNew, successMessage, onConfirm }: Props) {
  const [passwords, setPasswords] = useState(EMPTY);
  const [refusal, setRefusal] = useState<ConfirmationRefusal>();
  const [sending, setSending] = useState(false);
  const [result, setResult] = useState<string>();

  /** Returns the field to correct, if there is one. */
  async function submit(): Promise<ConfirmationRefusal["field"]> {
    if (sending) return undefined;
    const newPasswordRefusal = asksForNew ? checkNewPassword(passwords.new) : undefined;
    setRefusal(newPasswordRefusal);
    setResult(undefined);
    if (newPasswordRefusal) return newPasswordRefusal.field;
    setSending(true);
    try {
      // It must not wait for a connection: nobody would know whether it was done.
      if (!onlineManager.isOnline()) throw new TypeError("offline");
      await onConfirm(passwords.current, passwords.new);
      setPasswords(EMPTY);
      setResult(successMessage);
      return undefined;
    } catch (error) {
      const serverRefusal = explainConfirmationRefusal(error);
      setRefusal(serverRefusal);
      return serverRefusal.field;
    } finally {
      setSending(false);
    }
  }

  return { passwords, setPasswords, refusal, sending, result, submit };
}

/** A form for an action on the whole account; a password confirms what cannot be undone. */
export function ConfirmationForm(props: Props) {
  const { id, title, hint, button, user, asksForNew = false } = props;
  const { passwords, setPasswords, refusal, sending, result, submit } = useConfirmation(props);
  const form = useRef<HTMLFormElement>(null);
  const errorId = `${id}-error`;

  function renderField(field: "current" | "new", label: string) {
    return (
      <PasswordField
        id={`${id}-${field}`}
        label={label}
        creating={field === "new"}
        value={passwords[field]}
        onChange={(value) => {
          setPasswords((previous) => ({ ...previous, [field]: value }));
        }}
        invalid={refusal?.field === field}
        description={refusal?.field === field ? errorId : undefined}
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
      {/* Tells password managers whose password it is. */}
      {user !== undefined && <input hidden readOnly autoComplete="username" value={user} />}
      {user !== undefined && renderField("current", asksForNew ? "Current password" : "Your password")}
      {asksForNew && renderField("new", "New password")}
      <p role="alert" className="error" id={errorId}>
        {refusal?.text}
      </p>
      <p role="status" className="summary">
        {result}
      </p>
      {/* Not `disabled`, which would remove the focus. */}
      <button type="submit" aria-disabled={sending}>
        {button}
      </button>
    </form>
  );
}
