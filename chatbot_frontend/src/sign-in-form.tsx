import { useEffect, useRef, useState } from "react";
import type { Credentials, User } from "./api.ts";
import { PasswordField } from "./password-field.tsx";
import { createUser, LONGEST_NAME, signIn } from "./session.ts";
import { refusalOf, refusalOfNew, type CredentialField, type Refusal } from "./sign-in-refusal.ts";

interface Props {
  /** Whether there is no account yet. */
  creating: boolean;
  /** The name to begin with. */
  name: string;
  /** The id of what says why to sign in, if the person was elsewhere on the page before. */
  reason: string | undefined;
  /** Called when the credentials are sent, to get ready meanwhile. */
  onTry: () => void;
  onSignedIn: (user: User) => void;
}

const ERROR = "sign-in-error";

/** The fields are found by their names, `name` and `password`. */
function focusField(form: HTMLFormElement | null, field: CredentialField | undefined) {
  if (field !== undefined) form?.querySelector<HTMLInputElement>(`[name=${field}]`)?.focus();
}

function useCredentials({ creating, name, onTry, onSignedIn }: Props) {
  const [credentials, setCredentials] = useState<Credentials>({ name, password: "" });
  const [refusal, setRefusal] = useState<Refusal>();
  const [trying, setTrying] = useState(false);

  /** Gives the fields to change. */
  async function submit(): Promise<readonly CredentialField[]> {
    if (trying) return [];
    const wrong = creating ? refusalOfNew(credentials) : undefined;
    setRefusal(wrong);
    if (wrong) return wrong.fields;
    setTrying(true);
    onTry();
    try {
      const sent = { ...credentials, name: credentials.name.trim() };
      onSignedIn(await (creating ? createUser(sent) : signIn(sent)));
      return [];
    } catch (error) {
      const refused = refusalOf(error);
      setRefusal(refused);
      setTrying(false);
      return refused.fields;
    }
  }

  return {
    credentials,
    refusal,
    trying,
    submit,
    change: (changes: Partial<Credentials>) => {
      setCredentials((now) => ({ ...now, ...changes }));
    },
  };
}

export function SignInForm(props: Props) {
  const { creating, name, reason } = props;
  const { credentials, refusal, trying, submit, change } = useCredentials(props);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    // What had the focus has left the page, or is hidden. The field brings the reason with it.
    if (reason !== undefined) focusField(form.current, name === "" ? "name" : "password");
  }, [reason, name]);

  return (
    <form
      className="details"
      ref={form}
      aria-labelledby="sign-in-heading"
      onSubmit={(event) => {
        event.preventDefault();
        void submit().then(([field]) => {
          focusField(form.current, field);
        });
      }}
    >
      <label htmlFor="user-name" className="field">
        User name
        <input
          id="user-name"
          name="name"
          required
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={LONGEST_NAME}
          value={credentials.name}
          onChange={(event) => {
            change({ name: event.target.value });
          }}
          aria-invalid={refusal?.fields.includes("name")}
          aria-describedby={refusal ? ERROR : reason}
        />
      </label>
      <PasswordField
        id="password"
        label="Password"
        creating={creating}
        value={credentials.password}
        onChange={(password) => {
          change({ password });
        }}
        wrong={refusal?.fields.includes("password") ?? false}
        description={refusal ? ERROR : reason}
      />
      <p role="alert" className="error" id={ERROR}>
        {refusal?.text}
      </p>
      {/* Not `disabled`: that would take the focus from it. */}
      <button type="submit" aria-disabled={trying}>
        {creating ? "Create account" : "Sign in"}
      </button>
    </form>
  );
}
