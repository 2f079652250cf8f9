import type { Credentials, User } from "./api.ts";
import { ProblemError } from "./problem.ts";
import { requestJson } from "./request.ts";

/** The backend's limits, in characters. */
export const LONGEST_NAME = 64;
export const SHORTEST_PASSWORD = 15;

async function postCredentials(path: string, credentials: Credentials): Promise<User> {
  return (await requestJson(path, { method: "POST", body: credentials, anonymous: true })) as User;
}

/** Reads the signed-in user; undefined if nobody is signed in. */
export async function readSession(): Promise<User | undefined> {
  try {
    return (await requestJson("/api/session", { anonymous: true })) as User;
  } catch (error) {
    if (error instanceof ProblemError && error.status === 401) return undefined;
    throw error;
  }
}

export function signIn(credentials: Credentials): Promise<User> {
  return postCredentials("/api/session", credentials);
}

/** Creates a user, who is then signed in. */
export function createUser(credentials: Credentials): Promise<User> {
  return postCredentials("/api/users", credentials);
}

export function signOut(): Promise<unknown> {
  return requestJson("/api/session", { method: "DELETE" });
}

/** Ends every session of the user, on other devices as well. */
export function signOutEverywhere(): Promise<unknown> {
  return requestJson("/api/sessions", { method: "DELETE" });
}
