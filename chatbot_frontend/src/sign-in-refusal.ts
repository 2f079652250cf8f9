import type { Credentials } from "./api.ts";
import { explained, Problem } from "./problem.ts";
import { SHORTEST_PASSWORD } from "./session.ts";

export type CredentialField = keyof Credentials;

/** What is said about credentials that the server refuses. */
export interface Refusal {
  text: string;
  /** The fields to change; the first one gets the focus. */
  fields: readonly CredentialField[];
}

const FIELDS: readonly CredentialField[] = ["name", "password"];

/** Why a password cannot be that of a new account, as far as it is known here. */
export function refusalOfNew({ password }: Credentials): Refusal | undefined {
  const { length } = Array.from(password);
  if (length >= SHORTEST_PASSWORD) return undefined;
  return {
    text: `Password: at least ${String(SHORTEST_PASSWORD)} characters, and this one has ${String(length)}`,
    fields: ["password"],
  };
}

export function refusalOf(error: unknown): Refusal {
  const status = error instanceof Problem ? error.status : undefined;
  if (status === 401) return { text: "The user name or the password is wrong", fields: ["password", "name"] };
  if (status === 409) return { text: "This user name is taken; choose another one", fields: ["name"] };
  const refused = error instanceof Problem ? error.fields.map(({ field }) => field) : [];
  return { text: explained(error), fields: FIELDS.filter((field) => refused.includes(field)) };
}
