import { useCallback, useEffect, useRef, useState } from "react";
import type { User } from "./api.ts";
import { readSession } from "./session.ts";
import { onOtherTabChange, notifyOtherTabs } from "./session-channel.ts";
import { onUnauthorized } from "./unauthorized.ts";

const ENDED = "Your session has ended; sign in again";
const SIGNED_OUT = "You are signed out";
const SIGNED_OUT_ELSEWHERE = "You signed out in another tab";

interface Session {
  state: "unknown" | "signed in" | "signed out";
  /** The signed-in user, or the one before the state was unknown or the session expired, whose page is kept. */
  user?: User;
  /** Whether the user signed in on this page, so that the app takes the focus. */
  signedInHere?: boolean;
  /** Why the sign-in page is shown. */
  notice?: string;
  /** Why the session could not be read. */
  failure?: unknown;
}

/** Hides the page until the session has been read again. */
function hide(previous: Session): Session {
  return previous.state === "signed in" ? { ...previous, state: "unknown" } : previous;
}

function applyUser(user: User | undefined) {
  return (previous: Session): Session => {
    if (user) return { state: "signed in", user };
    if (previous.state === "signed out") return previous;
    return { state: "signed out", ...(previous.user && { user: previous.user, notice: ENDED }) };
  };
}

function applyFailure(failure: unknown) {
  return (previous: Session): Session =>
    previous.state === "signed out" ? previous : { ...previous, state: "unknown", failure };
}

/** The session, according to the server and the other tabs. */
export function useSession() {
  const [session, setSession] = useState<Session>({ state: "unknown" });

  const version = useRef(0);

  /** Also discards the results of reads that are in progress. */
  function change(next: Session) {
    version.current++;
    setSession(next);
  }

  const read = useCallback(async () => {
    const readVersion = ++version.current;
    const next = await readSession().then(applyUser, applyFailure);
    if (readVersion === version.current) setSession(next);
  }, []);

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const hideAndRead = () => {
      setSession(hide);
      void read();
    };
    void read();
    // A page restored from the browser's back/forward cache may show another user's data.
    const onShow = (event: PageTransitionEvent) => {
      if (event.persisted) hideAndRead();
    };
    addEventListener("pageshow", onShow, { signal });
    onOtherTabChange((sessionChange) => {
      if (sessionChange === "signed in") hideAndRead();
      else change({ state: "signed out", notice: SIGNED_OUT_ELSEWHERE });
    }, signal);
    // Not hidden: when shown again it reloads everything, endlessly if the server answers 401 to that, too.
    onUnauthorized(() => void read(), signal);
    return () => {
      controller.abort();
    };
  }, [read]);

  return {
    ...session,
    read,
    enter: (user: User) => {
      change({ state: "signed in", user, signedInHere: true });
      notifyOtherTabs("signed in");
    },
    leave: (notice = SIGNED_OUT) => {
      change({ state: "signed out", notice });
      notifyOtherTabs("signed out");
    },
  };
}
