import { vi } from "vitest";
import type { Credentials, Message, Todo, TodoPage, User } from "../src/api.ts";

type Respond = (signal: AbortSignal | null | undefined) => Response | Promise<Response>;

export const ANNA: User = { id: "u1", name: "anna", created_at: "2026-01-01T00:00:00Z" };
export const PASSWORD = "correct horse battery";

export function refusal(...fields: [string, string][]): Response {
  const errors = fields.map(([where, detail]) => ({ where, detail }));
  return Response.json({ title: "Unprocessable Content", status: 422, errors }, { status: 422 });
}

export function problem(status: number, detail: string, headers: Record<string, string> = {}): Response {
  return Response.json({ title: "Problem", status, detail }, { status, headers });
}

/** An answer whose pieces come when the test says so. */
export class Answer {
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  readonly respond: Respond = (signal) => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
        signal?.addEventListener("abort", () => {
          controller.error(new DOMException("aborted", "AbortError"));
        });
      },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  };

  write(text: string): void {
    this.#controller?.enqueue(new TextEncoder().encode(text));
  }

  tell(event: string, data: unknown): void {
    this.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  finish(content: string): void {
    this.tell("done", { message: { id: "answer", role: "assistant", content } });
    this.end();
  }

  end(): void {
    this.#controller?.close();
  }
}

/**
 * Both backends in memory, in place of `fetch`, with Anna signed in. What a test prescribes for a request comes first,
 * and once.
 */
export class FakeServer {
  todos: Todo[] = [];
  /** Who has a session. */
  signedIn: User | undefined = ANNA;
  readonly #users = new Map([[ANNA.name, { user: ANNA, password: PASSWORD }]]);
  /** Whose a todo is, by its id. */
  readonly #owners = new Map<string, string | undefined>();
  readonly conversations = new Map<string, Message[]>();
  readonly requests: string[] = [];
  /** What the requests with a body had in it. */
  readonly bodies: unknown[] = [];
  /** The `Idempotency-Key` of each request that had one. */
  readonly keys: string[] = [];
  #created = 0;
  readonly #prescribed = new Map<string, Respond>();

  constructor() {
    vi.stubGlobal("fetch", (path: string, init: RequestInit) => this.#answer(path, init));
  }

  prescribe(request: string, respond: Respond): void {
    this.#prescribed.set(request, respond);
  }

  has(title: string, more: Partial<Todo> = {}): Todo {
    const number = String(++this.#created);
    const created = `2026-01-01T00:00:${number.padStart(2, "0")}Z`;
    const todo = {
      id: number,
      title,
      description: "",
      completed: false,
      due_at: null,
      created_at: created,
      updated_at: created,
      ...more,
    };
    this.todos.push(todo);
    this.#owners.set(number, this.signedIn?.id);
    return todo;
  }

  async #answer(path: string, init: RequestInit): Promise<Response> {
    const url = new URL(path, "http://localhost");
    const request = `${init.method ?? "GET"} ${url.pathname}`;
    this.requests.push(request);
    const key = new Headers(init.headers).get("Idempotency-Key");
    if (key !== null) this.keys.push(key);
    const body = (typeof init.body === "string" ? JSON.parse(init.body) : {}) as Partial<Todo & Credentials>;
    if (init.body !== undefined) this.bodies.push(body);
    const respond = this.#prescribed.get(request);
    this.#prescribed.delete(request);
    if (respond) return respond(init.signal);
    const [, , resource, id] = url.pathname.split("/");
    if (resource === "users" || resource === "session") {
      return this.#answerUsers(request, { name: "", password: "", ...body });
    }
    if (!this.signedIn) return problem(401, "sign in first");
    if (resource === "sessions") return this.#signOut();
    if (resource === "password" || resource === "user") {
      return this.#answerConfirmation(resource, this.signedIn, body as Record<string, string>);
    }
    return url.pathname.startsWith("/api/")
      ? this.#answerTodos(init.method ?? "GET", id, body, url.searchParams)
      : this.#answerChat(init.method ?? "GET", id);
  }

  #answerUsers(request: string, { name, password }: Credentials): Response {
    const known = this.#users.get(name);
    switch (request) {
      case "GET /api/session":
        return this.signedIn ? Response.json(this.signedIn) : problem(401, "sign in first");
      case "DELETE /api/session":
        return this.#signOut();
      case "POST /api/session":
        if (known?.password !== password) return problem(401, "the name or the password is wrong");
        return Response.json((this.signedIn = known.user), { status: 201 });
      default:
        if (known) return problem(409, "the name is taken");
        this.signedIn = { ...ANNA, id: `u${String(this.#users.size + 1)}`, name };
        this.#users.set(name, { user: this.signedIn, password });
        return Response.json(this.signedIn, { status: 201 });
    }
  }

  #answerConfirmation(resource: string, user: User, body: Record<string, string>): Response {
    if (this.#users.get(user.name)?.password !== body.password) return problem(403, "the password is wrong");
    if (resource === "password") {
      this.#users.set(user.name, { user, password: body.new_password ?? "" });
      return new Response(null, { status: 204 });
    }
    this.#users.delete(user.name);
    return this.#signOut();
  }

  #signOut(): Response {
    this.signedIn = undefined;
    return new Response(null, { status: 204 });
  }

  #answerTodos(
    method: string,
    id: string | undefined,
    body: Partial<Todo>,
    query: URLSearchParams,
  ): Response {
    if (method === "GET") return Response.json(this.#page(query));
    if (method === "POST") return Response.json(this.has(body.title ?? "", body), { status: 201 });
    const todo = this.todos.find((one) => one.id === id);
    if (!todo) return problem(404, "There is no such todo");
    if (method === "PATCH") return Response.json(Object.assign(todo, body));
    this.todos = this.todos.filter((one) => one !== todo);
    return new Response(null, { status: 204 });
  }

  #page(query: URLSearchParams): TodoPage {
    const offset = Number(query.get("offset"));
    const found = this.todos
      .filter((todo) => this.#owners.get(todo.id) === this.signedIn?.id)
      .filter((todo) => String(todo.completed) === query.get("completed"))
      .filter((todo) => todo.title.includes(query.get("q") ?? ""))
      .sort((a, b) => b.created_at.localeCompare(a.created_at));
    return { items: found.slice(offset, offset + Number(query.get("limit"))), total: found.length };
  }

  #answerChat(method: string, id: string | undefined): Response {
    if (method === "POST" && id === undefined) {
      const created = `c${String(this.conversations.size + 1)}`;
      this.conversations.set(created, []);
      return Response.json({ id: created }, { status: 201 });
    }
    const messages = this.conversations.get(id ?? "");
    if (!messages) return problem(404, "There is no such conversation");
    if (method === "GET") return Response.json({ id, messages });
    this.conversations.delete(id ?? "");
    return new Response(null, { status: 204 });
  }
}
