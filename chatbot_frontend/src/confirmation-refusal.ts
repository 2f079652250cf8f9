import { explained, Problem } from "./problem.ts";
import { SHORTEST_PASSWORD } from "./session.ts";

/** Why something that a password confirms was not done, and the field to change. */
export interface ConfirmationRefusal {
  text: string;
  field?: "current" | "new";
}

/** What is wrong with a new password, as far as it is known here. */
export function checkNewPassword(password: string): ConfirmationRefusal | undefined {
  const { length } = Array.from(password);
  if (length >= SHORTEST_PASSWORD) return undefined;
  const text = `New password: at least ${String(SHORTEST_PASSWORD)} characters, and this one has ${String(length)}`;
  return { text, field: "new" };
}

export function explainRefusal(error: unknown): ConfirmationRefusal {
  if (!(error instanceof Problem)) return { text: explained(error) };
  const refused = error.fields.map(({ field }) => field);
  // One that cannot be anybody's password, being too short, is refused as a field.
  if (error.status === 403 || refused.includes("password")) {
    return { text: "The current password is wrong", field: "current" };
  }
  if (error.status === 429) return { text: explained(error), field: "current" };
  return { text: explained(error), ...(refused.includes("new_password") && { field: "new" as const }) };
}
