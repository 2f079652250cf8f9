import { useEffect, useRef, useState } from "react";
import type { Credentials, User } from "./api.ts";
import { PasswordField } from "./password-field.tsx";
import { createUser, LONGEST_NAME, signIn } from "./session.ts";
import {
  checkNewCredentials,
  explainSignInRefusal,
  type CredentialField,
  type SignInRefusal,
} from "./sign-in-refusal.ts";

interface Props {
  /** Whether the form creates an account. */
  creating: boolean;
  /** The initial user name. */
  name: string;
  /** The id of the element that explains why to sign in, if the user was elsewhere on the page before. */
  reason: string | undefined;
  /** Called when the credentials are sent, to prepare the next page meanwhile. */
  onSubmit: () => void;
  onSignedIn: (user: User) => void;
}

const ERROR = "sign-in-error";

/** The fields are found by their names, `name` and `password`. */
function focusField(form: HTMLFormElement | null, field: CredentialField | undefined) {
  if (field !== undefined) form?.querySelector<HTMLInputElement>(`[name=${field}]`)?.focus();
}

function useCredentials({ creating, name, onSubmit, onSignedIn }: Props) {
  const [credentials, setCredentials] = useState<Credentials>({ name, password: "" });
  const [refusal, setRefusal] = useState<SignInRefusal>();
  const [sending, setSending] = useState(false);

  /** Returns the fields to correct. */
  async function submit(): Promise<readonly CredentialField[]> {
    if (sending) return [];
    const clientRefusal = creating ? checkNewCredentials(credentials) : undefined;
    setRefusal(clientRefusal);
    if (clientRefusal) return clientRefusal.fields;
    setSending(true);
    onSubmit();
    try {
      const body = { ...credentials, name: credentials.name.trim() };
      onSignedIn(await (creating ? createUser(body) : signIn(body)));
      return [];
    } catch (error) {
      const serverRefusal = explainSignInRefusal(error);
      setRefusal(serverRefusal);
      setSending(false);
      return serverRefusal.fields;
    }
  }

  return {
    credentials,
    refusal,
    sending,
    submit,
    change: (changes: Partial<Credentials>) => {
      setCredentials((previous) => ({ ...previous, ...changes }));
    },
  };
}

export function SignInForm(props: Props) {
  const { creating, name, reason } = props;
  const { credentials, refusal, sending, submit, change } = useCredentials(props);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    // The focused element is gone or hidden. The field's description has the reason.
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
        invalid={refusal?.fields.includes("password") ?? false}
        description={refusal ? ERROR : reason}
      />
      <p role="alert" className="error" id={ERROR}>
        {refusal?.text}
      </p>
      {/* Not `disabled`, which would remove the focus. */}
      <button type="submit" aria-disabled={sending}>
        {creating ? "Create account" : "Sign in"}
      </button>
    </form>
  );
}
