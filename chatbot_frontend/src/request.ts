import { readProblem } from "./problem.ts";
import { announceUnauthorized } from "./unauthorized.ts";

/** A request that takes longer fails, so that the user can retry. */
const LONGEST_WAIT_MS = 15_000;

export interface RequestOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Whether the request continues when the page is closed. */
  keepalive?: boolean;
  /** Whether the request needs no session: 401 is then an answer like others, and no reason to read the session. */
  anonymous?: boolean;
}

function newInit({ method = "GET", body, headers, ...others }: RequestOptions): RequestInit {
  if (body === undefined) return { ...others, method, ...(headers && { headers }) };
  return {
    ...others,
    method,
    body: JSON.stringify(body),
    headers: { ...headers, "Content-Type": "application/json" },
  };
}

/** Sends a request; throws a `ProblemError` if the response is an error. */
export async function request(
  path: string,
  { anonymous = false, ...options }: RequestOptions = {},
): Promise<Response> {
  const response = await fetch(path, newInit(options));
  if (response.status === 401 && !anonymous) announceUnauthorized();
  if (!response.ok) throw await readProblem(response);
  return response;
}

/** Sends a request; returns the answer's JSON, or `undefined` if there is no content. */
export async function requestJson(path: string, options: RequestOptions = {}): Promise<unknown> {
  const limit = AbortSignal.timeout(LONGEST_WAIT_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
  const response = await request(path, { ...options, signal });
  return response.status === 204 ? undefined : response.json();
}
