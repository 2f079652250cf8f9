import type { AccountSettingsProps } from "./account-settings.tsx";
import { LoadFailure } from "./load-failure.tsx";
import { useLazyModule } from "./use-lazy-module.ts";

const loadSettings = () => import("./account-settings.tsx");

/** The account page; its settings are loaded when it is opened. */
export function AccountPage(props: AccountSettingsProps) {
  const { module, failure } = useLazyModule(true, loadSettings);
  return (
    <main className="sign-in" id="account">
      {module && <module.AccountSettings {...props} />}
      {!module && failure === undefined && <p className="summary">Loading…</p>}
      {failure !== undefined && <LoadFailure what="The account page" />}
    </main>
  );
}
