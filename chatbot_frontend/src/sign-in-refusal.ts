import type { Credentials } from "./api.ts";
import { describeError, ProblemError } from "./problem.ts";
import { SHORTEST_PASSWORD } from "./session.ts";

export type CredentialField = keyof Credentials;

/** Why credentials were refused. */
export interface SignInRefusal {
  text: string;
  /** The fields to correct; the first one gets the focus. */
  fields: readonly CredentialField[];
}

const FIELDS: readonly CredentialField[] = ["name", "password"];

/** Checks the credentials of a new account, as far as the browser can; returns what is wrong. */
export function checkNewCredentials({ password }: Credentials): SignInRefusal | undefined {
  const { length } = Array.from(password);
  if (length >= SHORTEST_PASSWORD) return undefined;
  return {
    text: `Password: at least ${String(SHORTEST_PASSWORD)} characters, and this one has ${String(length)}`,
    fields: ["password"],
  };
}

export function explainSignInRefusal(error: unknown): SignInRefusal {
  const status = error instanceof ProblemError ? error.status : undefined;
  if (status === 401) return { text: "The user name or the password is wrong", fields: ["password", "name"] };
  if (status === 409) return { text: "This user name is taken; choose another one", fields: ["name"] };
  const refusedFields = error instanceof ProblemError ? error.fields.map(({ field }) => field) : [];
  return { text: describeError(error), fields: FIELDS.filter((field) => refusedFields.includes(field)) };
}
