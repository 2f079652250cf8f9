import { requestJson } from "./request.ts";

/** Changes the password of who is signed in; every other session of theirs ends. */
export async function changePassword(current: string, changed: string): Promise<void> {
  await requestJson("/api/password", { method: "PUT", body: { password: current, new_password: changed } });
}

/** Removes the account of who is signed in, with its todos. */
export async function deleteUser(password: string): Promise<void> {
  await requestJson("/api/user", { method: "DELETE", body: { password } });
}
