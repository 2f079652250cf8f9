import { useCallback, useEffect, useState } from "react";
import type { User } from "./api.ts";
import { readSession } from "./session.ts";
import { onOtherTab, tellOtherTabs } from "./session-channel.ts";
import { onSessionEnd } from "./session-end.ts";

const ENDED = "Your session has ended; sign in again";
const SIGNED_OUT = "You are signed out";
const SIGNED_OUT_ELSEWHERE = "You signed out in another tab";

interface Session {
  state: "unknown" | "signed in" | "signed out";
  /** Who is signed in, or was when the session ended by itself: what they typed is kept for them alone. */
  user?: User;
  /** Whether the person signed in on this page, which then takes the focus along. */
  entered?: boolean;
  /** Why there is a page to sign in. */
  notice?: string;
  /** Why it is not known who is signed in. */
  failure?: unknown;
}

function ended(now: Session): Session {
  if (now.state !== "signed in") return now;
  return { state: "signed out", notice: ENDED, ...(now.user && { user: now.user }) };
}

function readAs(user: User | undefined) {
  return (now: Session): Session => {
    if (user)
      return now.state === "signed in" && now.user?.id === user.id ? now : { state: "signed in", user };
    return now.state === "unknown" ? { state: "signed out" } : ended(now);
  };
}

/** Who is signed in, as the server and the other tabs say. */
export function useSession() {
  const [session, setSession] = useState<Session>({ state: "unknown" });

  const read = useCallback(async () => {
    try {
      const user = await readSession();
      setSession(readAs(user));
    } catch (failure) {
      setSession((now) => (now.state === "unknown" ? { ...now, failure } : now));
    }
  }, []);

  useEffect(() => {
    void read();
    // A page that the browser kept while it was left has what was on it then, whoever is signed in now.
    const onShow = (event: PageTransitionEvent) => {
      if (event.persisted) void read();
    };
    addEventListener("pageshow", onShow);
    return () => {
      removeEventListener("pageshow", onShow);
    };
  }, [read]);

  useEffect(
    () =>
      onSessionEnd(() => {
        setSession(ended);
      }),
    [],
  );

  useEffect(
    () =>
      onOtherTab((change) => {
        if (change === "signed in") void read();
        else setSession({ state: "signed out", notice: SIGNED_OUT_ELSEWHERE });
      }),
    [read],
  );

  return {
    ...session,
    read,
    enter: (user: User) => {
      setSession({ state: "signed in", user, entered: true });
      tellOtherTabs("signed in");
    },
    leave: () => {
      setSession({ state: "signed out", notice: SIGNED_OUT });
      tellOtherTabs("signed out");
    },
  };
}
