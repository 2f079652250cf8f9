import { describeError, ProblemError } from "./problem.ts";
import { SHORTEST_PASSWORD } from "./session.ts";

/** Why a confirmed action failed, and the field to correct. */
export interface ConfirmationRefusal {
  text: string;
  field?: "current" | "new";
}

/** Checks a new password, as far as the browser can; returns what is wrong. */
export function checkNewPassword(password: string): ConfirmationRefusal | undefined {
  const { length } = Array.from(password);
  if (length >= SHORTEST_PASSWORD) return undefined;
  const text = `New password: at least ${String(SHORTEST_PASSWORD)} characters, and this one has ${String(length)}`;
  return { text, field: "new" };
}

export function explainConfirmationRefusal(error: unknown): ConfirmationRefusal {
  if (!(error instanceof ProblemError)) return { text: describeError(error) };
  const refusedFields = error.fields.map(({ field }) => field);
  // A password that is too short is refused as an invalid field.
  if (error.status === 403 || refusedFields.includes("password")) {
    return { text: "The current password is wrong", field: "current" };
  }
  if (error.status === 429) return { text: describeError(error), field: "current" };
  return {
    text: describeError(error),
    ...(refusedFields.includes("new_password") && { field: "new" as const }),
  };
}
