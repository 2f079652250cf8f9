export interface FieldError {
  /** The name of the field in the API: `due_at`. */
  field: string;
  detail: string;
}

/** An error as both backends tell it: RFC 9457, `application/problem+json`. */
export class Problem extends Error {
  override readonly name = "Problem";
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

/** What a status means to a person, where the document has no more than the status' name. */
const MEANINGS: Partial<Record<number, string>> = {
  413: "That is too large for the server",
  500: "The server made a mistake",
  502: UNREACHABLE,
  503: UNREACHABLE,
  504: UNREACHABLE,
};

/** The fields' names on the page. */
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

function labelled({ field, detail }: FieldError): string {
  return `${LABELS[field] ?? field}: ${detail}`;
}

/** What a document says to a person; the details of single fields say more than the whole. */
export function problemOf(document: ProblemDocument, answered: number, retryAfter?: number): Problem {
  const status = document.status ?? answered;
  const fields = (document.errors ?? []).map(({ where, detail }) => ({
    field: where.slice(where.lastIndexOf("/") + 1),
    detail,
  }));
  const words = [fields.map(labelled).join("; "), document.detail, MEANINGS[status], document.title];
  const text = words.find((part) => part !== undefined && part !== "");
  return new Problem(text ?? `The server answered ${String(status)}`, status, retryAfter, fields);
}

/** The seconds of a `Retry-After`, which has them or a date. */
function secondsOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, Math.ceil(seconds));
}

export async function problemOfResponse(response: Response): Promise<Problem> {
  // A proxy on the way may answer with a page of its own instead of a document.
  const document = (await response.json().catch(() => ({}))) as ProblemDocument;
  return problemOf(document, response.status, secondsOf(response.headers.get("Retry-After")));
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}

function shownWait(seconds: number): string {
  return seconds < 120 ? `${String(seconds)} s` : `${String(Math.ceil(seconds / 60))} min`;
}

/** What is said about any error, whatever threw it. */
export function explained(error: unknown): string {
  if (isTimeout(error)) return "The server took too long";
  if (!(error instanceof Problem)) return navigator.onLine ? UNREACHABLE : "You are offline";
  if (isMissing(error)) return "It is gone: somebody has deleted it";
  // As it reads once the session is there again.
  if (error.status === 401) return "Your session had ended";
  if (error.status !== 429) return error.message;
  const wait = error.retryAfter === undefined ? "a moment" : shownWait(error.retryAfter);
  return `You are asking too fast; try again in ${wait}`;
}

export function isMissing(error: unknown): boolean {
  return error instanceof Problem && error.status === 404;
}

/** No answer, or one of a proxy that got none. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof Problem ? [502, 503, 504].includes(error.status) : !isTimeout(error);
}

/** Whether the server may have done what was asked, for all that is known here; 409: it is still about to. */
export function isUncertain(error: unknown): boolean {
  return isTimeout(error) || isUnreachable(error) || (error instanceof Problem && error.status === 409);
}
