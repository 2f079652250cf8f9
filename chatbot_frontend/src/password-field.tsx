import { useState } from "react";
import { SHORTEST_PASSWORD } from "./session.ts";

interface Props {
  /** One that no other field of the page has, not of a hidden part either. */
  id: string;
  label: string;
  /** Whether it is one to think of. */
  creating: boolean;
  value: string;
  onChange: (value: string) => void;
  wrong: boolean;
  /** The id of what else is said about it. */
  description: string | undefined;
}

/** Without a greatest length: what is pasted would be cut, and nobody would see it. */
export function PasswordField({ id, label, creating, value, onChange, wrong, description }: Props) {
  const [shown, setShown] = useState(false);
  const hint = `${id}-hint`;
  return (
    <>
      <label htmlFor={id} className="field">
        {label}
        <input
          id={id}
          name={id}
          type={shown ? "text" : "password"}
          required
          autoComplete={creating ? "new-password" : "current-password"}
          autoCapitalize="none"
          spellCheck={false}
          value={value}
          onChange={(event) => {
            onChange(event.target.value);
          }}
          aria-invalid={wrong}
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
          checked={shown}
          onChange={(event) => {
            setShown(event.target.checked);
          }}
        />
        Show what I type
      </label>
    </>
  );
}
