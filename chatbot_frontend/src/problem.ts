export interface FieldError {
  /** The name of the field in the API: `due_at`. */
  field: string;
  detail: string;
}

/** An error of a backend: RFC 9457, `application/problem+json`. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly status: number;
  readonly retryAfter: number | undefined;
  readonly fields: readonly FieldError[];

  constructor(message: string, status: number, retryAfter?: number, fields: readonly FieldError[] = []) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
    this.fields = fields;
  }
}

interface ProblemDocument {
  title?: string;
  status?: number;
  detail?: string;
  errors?: { where: string; detail: string }[];
}

const UNREACHABLE = "The server cannot be reached just now";

/** What a status means to users, if the document has only the status' name. */
const MEANINGS: Partial<Record<number, string>> = {
  413: "That is too large for the server",
  500: "The server made a mistake",
  502: UNREACHABLE,
  503: UNREACHABLE,
  504: UNREACHABLE,
};

/** The fields' labels on the page. */
const LABELS: Partial<Record<string, string>> = {
  title: "Title",
  description: "Description",
  due_at: "Due",
  content: "Message",
  q: "Search",
  name: "User name",
  password: "Password",
  new_password: "New password",
};

function formatFieldError({ field, detail }: FieldError): string {
  return `${LABELS[field] ?? field}: ${detail}`;
}

/** Parses a document to an error with a message for users, made from the fields' details if there are any. */
export function parseProblem(
  document: ProblemDocument,
  responseStatus: number,
  retryAfter?: number,
): ProblemError {
  const status = document.status ?? responseStatus;
  const fields = (document.errors ?? []).map(({ where, detail }) => ({
    field: where.slice(where.lastIndexOf("/") + 1),
    detail,
  }));
  const words = [fields.map(formatFieldError).join("; "), document.detail, MEANINGS[status], document.title];
  const text = words.find((part) => part !== undefined && part !== "");
  return new ProblemError(text ?? `The server answered ${String(status)}`, status, retryAfter, fields);
}

/** Parses a `Retry-After` of seconds or a date; returns seconds. */
function parseRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, Math.ceil(seconds));
}

export async function readProblem(response: Response): Promise<ProblemError> {
  // A proxy may answer with its own page instead of a document.
  const document = (await response.json().catch(() => ({}))) as ProblemDocument;
  return parseProblem(document, response.status, parseRetryAfter(response.headers.get("Retry-After")));
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}

function formatWait(seconds: number): string {
  return seconds < 120 ? `${String(seconds)} s` : `${String(Math.ceil(seconds / 60))} min`;
}

/** A message for users about any error. */
export function describeError(error: unknown): string {
  if (isTimeout(error)) return "The server took too long";
  if (!(error instanceof ProblemError)) return navigator.onLine ? UNREACHABLE : "You are offline";
  if (isMissing(error)) return "It is gone: somebody has deleted it";
  // In the past tense, as it is read after signing in again.
  if (error.status === 401) return "Your session had ended";
  if (error.status !== 429) return error.message;
  const wait = error.retryAfter === undefined ? "a moment" : formatWait(error.retryAfter);
  return `You are asking too fast; try again in ${wait}`;
}

export function isMissing(error: unknown): boolean {
  return error instanceof ProblemError && error.status === 404;
}

/** Whether there was no answer, or only a proxy's. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof ProblemError ? [502, 503, 504].includes(error.status) : !isTimeout(error);
}

/** Whether the server may have carried out the request nevertheless; 409: the first request is still running. */
export function isUncertain(error: unknown): boolean {
  return isTimeout(error) || isUnreachable(error) || (error instanceof ProblemError && error.status === 409);
}
