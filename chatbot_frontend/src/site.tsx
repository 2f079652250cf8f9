import { useEffect, useLayoutEffect, useRef, type ReactNode } from "react";
import { Banner } from "./banner.tsx";
import { LoadFailure } from "./load-failure.tsx";
import { ReadFailure } from "./read-failure.tsx";
import { useLazyModule } from "./use-lazy-module.ts";
import { useSession } from "./use-session.ts";

/** Each visit loads one of these. */
const loadApp = () => import("./app.tsx");
const loadSignIn = () => import("./sign-in-page.tsx");

/** Shown while a page is loading, or when it could not be loaded. */
function LoadingPage({ failure }: { failure: ReactNode }) {
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

/** A page that is hidden while its user is signed out, and then shown again with the same state and focus. */
function HideablePage({
  visible,
  takesFocus,
  children,
}: {
  visible: boolean;
  takesFocus: boolean;
  children: ReactNode;
}) {
  const page = useRef<HTMLDivElement>(null);
  const lastFocus = useRef<HTMLElement>(null);

  useLayoutEffect(() => {
    const { activeElement } = document;
    if (visible) lastFocus.current?.focus();
    else if (activeElement instanceof HTMLElement && page.current?.contains(activeElement)) {
      lastFocus.current = activeElement;
    }
  }, [visible]);

  useEffect(() => {
    // The sign-in form, which had the focus, is gone.
    if (takesFocus && !lastFocus.current) document.getElementById("todos")?.focus();
  }, [takesFocus]);

  return (
    <div className="page" hidden={!visible} ref={page}>
      {children}
    </div>
  );
}

export function Site() {
  const { state, user, notice, failure, signedInHere = false, read, enter, leave } = useSession();
  const app = useLazyModule(user !== undefined, loadApp);
  const App = app.module?.App;
  const signedIn = state === "signed in";
  const signedOut = state === "signed out";
  const signIn = useLazyModule(signedOut, loadSignIn);
  const SignInPage = signIn.module?.SignInPage;

  return (
    <>
      {signedOut && SignInPage && (
        <SignInPage
          key={`sign-in ${user?.id ?? ""}`}
          name={user?.name ?? ""}
          notice={notice}
          onSubmit={() => {
            // Preloads the app; a failure is reported when the app is needed.
            loadApp().catch(() => undefined);
          }}
          onSignedIn={enter}
        />
      )}
      {state === "unknown" && (
        <LoadingPage
          failure={
            failure !== undefined && (
              <ReadFailure what="The page" error={failure} onRetry={() => void read()} focusAfter="todos" />
            )
          }
        />
      )}
      {((signedIn && !App) || (signedOut && !SignInPage)) && (
        <LoadingPage
          failure={(app.failure ?? signIn.failure) !== undefined && <LoadFailure what="The page" />}
        />
      )}
      {App && user && (
        <HideablePage key={user.id} visible={signedIn} takesFocus={signedInHere}>
          <App user={user} active={signedIn} onSessionEnd={leave} />
        </HideablePage>
      )}
    </>
  );
}
