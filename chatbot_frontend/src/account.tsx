import { onlineManager } from "@tanstack/react-query";
import { useState } from "react";
import type { User } from "./api.ts";
import { describeError } from "./problem.ts";
import { signOut } from "./session.ts";

interface Props {
  user: User;
  /** Whether the account page is open. */
  open: boolean;
  onToggle: () => void;
  /** Sends pending changes, then the request. */
  onLeave: (request: () => Promise<unknown>) => Promise<void>;
}

/** The user's name, and the buttons for the account page and for signing out. */
export function Account({ user, open, onToggle, onLeave }: Props) {
  const [leaving, setLeaving] = useState(false);
  const [failure, setFailure] = useState<string>();

  async function leave() {
    if (leaving) return;
    setLeaving(true);
    setFailure(undefined);
    try {
      // It must not wait for a connection: users who believe that they are signed out leave the device to others.
      if (!onlineManager.isOnline()) throw new TypeError("offline");
      await onLeave(signOut);
    } catch (error) {
      setFailure(`You are still signed in: ${describeError(error)}`);
      setLeaving(false);
    }
  }

  return (
    <>
      <div className="account" role="group" aria-label="Account">
        <span>{user.name}</span>
        <button
          id="account-button"
          type="button"
          className="quiet"
          aria-expanded={open}
          aria-controls="account"
          onClick={onToggle}
        >
          Account
        </button>
        <button type="button" className="quiet" aria-disabled={leaving} onClick={() => void leave()}>
          Sign out
        </button>
      </div>
      <p role="alert" className="error">
        {failure}
      </p>
    </>
  );
}
