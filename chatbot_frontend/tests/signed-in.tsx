import { App } from "../src/app.tsx";
import { ANNA } from "./fake-server.ts";

/** The app of somebody who is signed in, without what asks who it is. */
export function SignedIn() {
  return <App user={ANNA} active onSessionEnd={() => undefined} />;
}
