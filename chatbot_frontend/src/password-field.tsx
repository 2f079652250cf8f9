import { useState } from "react";
import { SHORTEST_PASSWORD } from "./session.ts";

interface Props {
  /** Whether it is one to think of. */
  creating: boolean;
  value: string;
  onChange: (value: string) => void;
  wrong: boolean;
  /** The id of what else is said about it. */
  description: string | undefined;
}

const HINT = "password-hint";

/** Without a greatest length: what is pasted would be cut, and nobody would see it. */
export function PasswordField({ creating, value, onChange, wrong, description }: Props) {
  const [shown, setShown] = useState(false);
  return (
    <>
      <label htmlFor="password" className="field">
        Password
        <input
          id="password"
          name="password"
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
          aria-describedby={[creating && HINT, description].filter(Boolean).join(" ") || undefined}
        />
      </label>
      {creating && (
        <p className="summary" id={HINT}>
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
