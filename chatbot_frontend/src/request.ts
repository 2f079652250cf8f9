import { problemOfResponse } from "./problem.ts";
import { announceUnauthorized } from "./unauthorized.ts";

/** A request that hangs is a failure too: the person should get to try again. */
const LONGEST_WAIT_MS = 15_000;

export interface RequestOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Whether it goes on when the page is closed. */
  keepalive?: boolean;
  /** Whether who asks need not be signed in: 401 is then an answer like others, and no reason to read the session. */
  anonymous?: boolean;
}

function initOf({ method = "GET", body, headers, ...others }: RequestOptions): RequestInit {
  if (body === undefined) return { ...others, method, ...(headers && { headers }) };
  return {
    ...others,
    method,
    body: JSON.stringify(body),
    headers: { ...headers, "Content-Type": "application/json" },
  };
}

/** The response of a request that went well; anything else is thrown as a `Problem`. */
export async function request(
  path: string,
  { anonymous = false, ...options }: RequestOptions = {},
): Promise<Response> {
  const response = await fetch(path, initOf(options));
  if (response.status === 401 && !anonymous) announceUnauthorized();
  if (!response.ok) throw await problemOfResponse(response);
  return response;
}

/** The JSON a request is answered with; `undefined` where there is no content. */
export async function requestJson(path: string, options: RequestOptions = {}): Promise<unknown> {
  const limit = AbortSignal.timeout(LONGEST_WAIT_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
  const response = await request(path, { ...options, signal });
  return response.status === 204 ? undefined : response.json();
}
