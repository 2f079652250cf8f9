import { requestJson } from "./request.ts";

/** Changes the signed-in user's password; ends the user's other sessions. */
export async function changePassword(currentPassword: string, newPassword: string): Promise<void> {
  await requestJson("/api/password", {
    method: "PUT",
    body: { password: currentPassword, new_password: newPassword },
  });
}

/** Removes the signed-in user's account and todos. */
export async function deleteUser(password: string): Promise<void> {
  await requestJson("/api/user", { method: "DELETE", body: { password } });
}
