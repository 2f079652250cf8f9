import type { Credentials, User } from "./api.ts";
import { Problem } from "./problem.ts";
import { requestJson } from "./request.ts";

/** The least and the most characters of a name and a password; the backend's own limits. */
export const LONGEST_NAME = 64;
export const SHORTEST_PASSWORD = 15;

/** Who is signed in; undefined for nobody. */
export async function readSession(): Promise<User | undefined> {
  try {
    return (await requestJson("/api/session", { anonymous: true })) as User;
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return undefined;
    throw error;
  }
}

export async function signIn(credentials: Credentials): Promise<User> {
  return (await requestJson("/api/session", { method: "POST", body: credentials, anonymous: true })) as User;
}

/** Creates a user, who is then signed in. */
export async function createUser(credentials: Credentials): Promise<User> {
  return (await requestJson("/api/users", { method: "POST", body: credentials, anonymous: true })) as User;
}

export async function signOut(): Promise<void> {
  await requestJson("/api/session", { method: "DELETE" });
}

/** Ends every session of the user, on other devices as well. */
export async function signOutEverywhere(): Promise<void> {
  await requestJson("/api/sessions", { method: "DELETE" });
}
