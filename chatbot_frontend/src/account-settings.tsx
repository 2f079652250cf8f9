import { useLayoutEffect, useRef } from "react";
import type { User } from "./api.ts";
import { ConfirmationForm } from "./confirmation-form.tsx";
import { signOutEverywhere } from "./session.ts";
import { changePassword, deleteUser } from "./user.ts";

export interface AccountSettingsProps {
  user: User;
  /** Sends pending changes, then the request; shows `notice` once the session is over. */
  onLeave: (request: () => Promise<unknown>, notice?: string) => Promise<void>;
  onClose: () => void;
}

const REMOVAL_NOTICE = "Your account is removed, and your todos with it";

export function AccountSettings({ user, onLeave, onClose }: AccountSettingsProps) {
  const section = useRef<HTMLElement>(null);

  useLayoutEffect(() => {
    section.current?.focus();
  }, []);

  return (
    <section className="pane" aria-labelledby="account-heading" tabIndex={-1} ref={section}>
      <div className="heading">
        <h2 id="account-heading">Account of {user.name}</h2>
        <button type="button" className="quiet" onClick={onClose}>
          Close
        </button>
      </div>
      <ConfirmationForm
        id="change-password"
        title="Change the password"
        hint="Every other browser and device is then signed out."
        button="Change password"
        successMessage="Your password is changed"
        user={user.name}
        asksForNew
        onConfirm={changePassword}
      />
      <ConfirmationForm
        id="sign-out-everywhere"
        title="Sign out everywhere"
        hint="Ends your session in every browser and on every device, this one as well."
        button="Sign out everywhere"
        onConfirm={() => onLeave(signOutEverywhere)}
      />
      <ConfirmationForm
        id="remove-account"
        title="Remove the account"
        hint="Your account and all your todos are deleted. This cannot be undone."
        button="Remove account"
        user={user.name}
        onConfirm={(password) => onLeave(() => deleteUser(password), REMOVAL_NOTICE)}
      />
    </section>
  );
}
