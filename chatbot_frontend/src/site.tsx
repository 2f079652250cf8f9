import { useEffect, useLayoutEffect, useRef, type ReactNode } from "react";
import { Banner } from "./banner.tsx";
import { LoadFailure } from "./load-failure.tsx";
import { ReadFailure } from "./read-failure.tsx";
import { useLoaded } from "./use-loaded.ts";
import { useSession } from "./use-session.ts";

/** Each visit loads one of them. */
const loadApp = () => import("./app.tsx");
const loadSignIn = () => import("./sign-in-page.tsx");

/** Nothing to see yet, or why there is nothing to see at all. */
function Waiting({ failure }: { failure: ReactNode }) {
  return (
    <>
      <Banner />
      <main className="sign-in">
        <p role="status" className="summary">
          {!failure && "Loading…"}
        </p>
        {failure}
      </main>
    </>
  );
}

/** What is hidden while its session has ended, and is then as it was, with the focus where it was. */
function Kept({ shown, entered, children }: { shown: boolean; entered: boolean; children: ReactNode }) {
  const page = useRef<HTMLDivElement>(null);
  const focused = useRef<HTMLElement>(null);

  useLayoutEffect(() => {
    const { activeElement } = document;
    if (shown) focused.current?.focus();
    else if (activeElement instanceof HTMLElement && page.current?.contains(activeElement)) {
      focused.current = activeElement;
    }
  }, [shown]);

  useEffect(() => {
    // The form that had the focus is gone.
    if (entered && !focused.current) document.getElementById("todos")?.focus();
  }, [entered]);

  return (
    <div className="page" hidden={!shown} ref={page}>
      {children}
    </div>
  );
}

export function Site() {
  const { state, user, notice, failure, entered = false, read, enter, leave } = useSession();
  const app = useLoaded(user !== undefined, loadApp);
  const App = app.module?.App;
  const signedIn = state === "signed in";
  const signedOut = state === "signed out";
  const signIn = useLoaded(signedOut, loadSignIn);
  const SignInPage = signIn.module?.SignInPage;

  return (
    <>
      {signedOut && SignInPage && (
        <SignInPage
          key={`sign-in ${user?.id ?? ""}`}
          name={user?.name ?? ""}
          notice={notice}
          onTry={() => {
            // Meanwhile; why it cannot be loaded is said once it is needed.
            loadApp().catch(() => undefined);
          }}
          onSignedIn={enter}
        />
      )}
      {state === "unknown" && (
        <Waiting
          failure={
            failure !== undefined && (
              <ReadFailure what="The page" error={failure} onRetry={() => void read()} focusAfter="todos" />
            )
          }
        />
      )}
      {((signedIn && !App) || (signedOut && !SignInPage)) && (
        <Waiting failure={(app.failure ?? signIn.failure) !== undefined && <LoadFailure what="The page" />} />
      )}
      {App && user && (
        <Kept key={user.id} shown={signedIn} entered={entered}>
          <App user={user} active={signedIn} onLeft={leave} />
        </Kept>
      )}
    </>
  );
}
