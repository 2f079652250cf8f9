import { useState } from "react";
import { SHORTEST_PASSWORD } from "./session.ts";

interface Props {
  /** Unique on the page, including its hidden parts. */
  id: string;
  label: string;
  /** Whether it is a new password. */
  creating: boolean;
  value: string;
  onChange: (value: string) => void;
  invalid: boolean;
  /** The id of an element that also describes the field. */
  description: string | undefined;
}

/** Without a maximum length, which would cut a pasted password unnoticed. */
export function PasswordField({ id, label, creating, value, onChange, invalid, description }: Props) {
  const [visible, setVisible] = useState(false);
  const hint = `${id}-hint`;
  return (
    <>
      <label htmlFor={id} className="field">
        {label}
        <input
          id={id}
          name={id}
          type={visible ? "text" : "password"}
          required
          autoComplete={creating ? "new-password" : "current-password"}
          autoCapitalize="none"
          spellCheck={false}
          value={value}
          onChange={(event) => {
            onChange(event.target.value);
          }}
          aria-invalid={invalid}
          aria-describedby={[creating && hint, description].filter(Boolean).join(" ") || undefined}
        />
      </label>
      {creating && (
        <p className="summary" id={hint}>
          At least {SHORTEST_PASSWORD} characters: four words are easy to keep in mind.
        </p>
      )}
      <label className="check">
        <input
          type="checkbox"
          checked={visible}
          onChange={(event) => {
            setVisible(event.target.checked);
          }}
        />
        Show what I type
      </label>
    </>
  );
}
