import { useCallback, useEffect, useRef, useState } from "react";
import type { User } from "./api.ts";
import { readSession } from "./session.ts";
import { onOtherTab, tellOtherTabs } from "./session-channel.ts";
import { onUnauthorized } from "./unauthorized.ts";

const ENDED = "Your session has ended; sign in again";
const SIGNED_OUT = "You are signed out";
const SIGNED_OUT_ELSEWHERE = "You signed out in another tab";

interface Session {
  state: "unknown" | "signed in" | "signed out";
  /** Who is signed in, or was before it was unknown or the session ended by itself: what they typed is theirs alone. */
  user?: User;
  /** Whether the person signed in on this page, which then takes the focus along. */
  entered?: boolean;
  /** Why there is a page to sign in. */
  notice?: string;
  /** Why it is not known who is signed in. */
  failure?: unknown;
}

/** Hides what is on the page until it is known again whose it is. */
function hide(now: Session): Session {
  return now.state === "signed in" ? { ...now, state: "unknown" } : now;
}

function readAs(user: User | undefined) {
  return (now: Session): Session => {
    if (user) return { state: "signed in", user };
    if (now.state === "signed out") return now;
    return { state: "signed out", ...(now.user && { user: now.user, notice: ENDED }) };
  };
}

function failAs(failure: unknown) {
  return (now: Session): Session =>
    now.state === "signed out" ? now : { ...now, state: "unknown", failure };
}

/** Who is signed in, as the server and the other tabs say. */
export function useSession() {
  const [session, setSession] = useState<Session>({ state: "unknown" });

  const changes = useRef(0);

  /** An answer to what was asked before is then no longer believed. */
  function change(next: Session) {
    changes.current++;
    setSession(next);
  }

  const read = useCallback(async () => {
    const begun = ++changes.current;
    const next = await readSession().then(readAs, failAs);
    if (begun === changes.current) setSession(next);
  }, []);

  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const readHidden = () => {
      setSession(hide);
      void read();
    };
    void read();
    // A page that the browser kept while it was left has what was on it then, whoever is signed in now.
    const onShow = (event: PageTransitionEvent) => {
      if (event.persisted) readHidden();
    };
    addEventListener("pageshow", onShow, { signal });
    onOtherTab((said) => {
      if (said === "signed in") readHidden();
      else change({ state: "signed out", notice: SIGNED_OUT_ELSEWHERE });
    }, signal);
    // Not hidden: shown again it would read everything anew, without end where a server answers 401 to that, too.
    onUnauthorized(() => void read(), signal);
    return () => {
      stop.abort();
    };
  }, [read]);

  return {
    ...session,
    read,
    enter: (user: User) => {
      change({ state: "signed in", user, entered: true });
      tellOtherTabs("signed in");
    },
    leave: (notice = SIGNED_OUT) => {
      change({ state: "signed out", notice });
      tellOtherTabs("signed out");
    },
  };
}
