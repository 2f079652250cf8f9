import { useState } from "react";
import type { User } from "./api.ts";
import { Banner } from "./banner.tsx";
import { Choice } from "./choice.tsx";
import { SignInForm } from "./sign-in-form.tsx";

interface Props {
  /** The name of who was signed in; empty for nobody. */
  name: string;
  /** Why there is this page, if the person was elsewhere before. */
  notice: string | undefined;
  onTry: () => void;
  onSignedIn: (user: User) => void;
}

type Way = "sign in" | "create";

const WAYS: readonly (readonly [Way, string])[] = [
  ["sign in", "I have an account"],
  ["create", "I am new"],
];

const NOTICE = "sign-in-notice";

export function SignInPage({ name, notice, onTry, onSignedIn }: Props) {
  const [way, setWay] = useState<Way>("sign in");
  const creating = way === "create";
  return (
    <>
      <Banner />
      <main className="sign-in">
        <section className="pane" aria-labelledby="sign-in-heading">
          <h2 id="sign-in-heading">{creating ? "Create account" : "Sign in"}</h2>
          <p role="status" className="notice" id={NOTICE}>
            {notice}
          </p>
          <Choice legend="Account" name="account" options={WAYS} chosen={way} onChoose={setWay} />
          <SignInForm
            creating={creating}
            name={name}
            reason={notice === undefined ? undefined : NOTICE}
            onTry={onTry}
            onSignedIn={onSignedIn}
          />
        </section>
      </main>
    </>
  );
}
