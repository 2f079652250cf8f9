import { useState } from "react";
import type { User } from "./api.ts";
import { Banner } from "./banner.tsx";
import { Choice } from "./choice.tsx";
import { SignInForm } from "./sign-in-form.tsx";

interface Props {
  /** The name of the user who was signed in before, or empty. */
  name: string;
  /** Why this page is shown, if the user was elsewhere before. */
  notice: string | undefined;
  onSubmit: () => void;
  onSignedIn: (user: User) => void;
}

type Mode = "sign in" | "create";

const MODES: readonly (readonly [Mode, string])[] = [
  ["sign in", "I have an account"],
  ["create", "I am new"],
];

const NOTICE = "sign-in-notice";

export function SignInPage({ name, notice, onSubmit, onSignedIn }: Props) {
  const [mode, setMode] = useState<Mode>("sign in");
  const creating = mode === "create";
  return (
    <>
      <Banner />
      <main className="sign-in">
        <section className="pane" aria-labelledby="sign-in-heading">
          <h2 id="sign-in-heading">{creating ? "Create account" : "Sign in"}</h2>
          <p role="status" className="notice" id={NOTICE}>
            {notice}
          </p>
          <Choice legend="Account" name="account" options={MODES} value={mode} onChange={setMode} />
          <SignInForm
            creating={creating}
            name={name}
            reason={notice === undefined ? undefined : NOTICE}
            onSubmit={onSubmit}
            onSignedIn={onSignedIn}
          />
        </section>
      </main>
    </>
  );
}
