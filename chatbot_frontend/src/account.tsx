import { onlineManager } from "@tanstack/react-query";
import { useState } from "react";
import type { User } from "./api.ts";
import { explained } from "./problem.ts";
import { signOut, signOutEverywhere } from "./session.ts";

interface Props {
  user: User;
  /** Sends what is not sent yet, then what it is given. */
  onLeave: (request: () => Promise<unknown>) => Promise<void>;
}

/** Who is signed in, and the buttons to sign out. */
export function Account({ user, onLeave }: Props) {
  const [leaving, setLeaving] = useState(false);
  const [failure, setFailure] = useState<string>();

  async function leave(request: () => Promise<unknown>) {
    if (leaving) return;
    setLeaving(true);
    setFailure(undefined);
    try {
      // It cannot wait for a connection: who believes to be signed out leaves the device to others.
      if (!onlineManager.isOnline()) throw new TypeError("offline");
      await onLeave(request);
    } catch (error) {
      setFailure(`You are still signed in: ${explained(error)}`);
      setLeaving(false);
    }
  }

  return (
    <>
      <div className="account" role="group" aria-label="Account">
        <span>{user.name}</span>
        <button type="button" className="quiet" aria-disabled={leaving} onClick={() => void leave(signOut)}>
          Sign out
        </button>
        <button
          type="button"
          className="quiet"
          aria-disabled={leaving}
          onClick={() => void leave(signOutEverywhere)}
        >
          Sign out everywhere
        </button>
      </div>
      <p role="alert" className="error">
        {failure}
      </p>
    </>
  );
}
