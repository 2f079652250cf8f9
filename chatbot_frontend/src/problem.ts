/** An error as both backends tell it: RFC 9457, `application/problem+json`. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly retryAfter: number | undefined;

  constructor(message: string, status: number, retryAfter?: number) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

interface ProblemDocument {
  title?: string;
  status?: number;
  detail?: string;
  errors?: { where: string; detail: string }[];
}

/** What a document says to a person; the details of single fields say more than the whole. */
export function problemOf(document: ProblemDocument, status: number, retryAfter?: number): Problem {
  const fields = document.errors?.map((error) => error.detail).join("; ");
  const text = [fields, document.detail, document.title].find((part) => part !== undefined && part !== "");
  return new Problem(text ?? `The server answered ${String(status)}`, document.status ?? status, retryAfter);
}

export async function problemOfResponse(response: Response): Promise<Problem> {
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  const retryAfter = Number.isNaN(seconds) ? undefined : seconds;
  // A proxy on the way may answer with a page of its own instead of a document.
  const document = (await response.json().catch(() => ({}))) as ProblemDocument;
  return problemOf(document, response.status, retryAfter);
}

/** What is said about any error, whatever threw it. */
export function explained(error: unknown): string {
  if (error instanceof Problem) {
    if (error.status !== 429) return error.message;
    return error.retryAfter === undefined
      ? "You are asking too fast; try again in a moment"
      : `You are asking too fast; try again in ${String(error.retryAfter)} s`;
  }
  if (error instanceof DOMException && error.name === "TimeoutError") return "The server took too long";
  return "The server cannot be reached just now";
}

export function isMissing(error: unknown): boolean {
  return error instanceof Problem && error.status === 404;
}
