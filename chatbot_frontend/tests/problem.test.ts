import { describe, expect, it } from "vitest";
import { describeError, isUnreachable, ProblemError, parseProblem, readProblem } from "../src/problem.ts";

describe("what is said about an error", () => {
  it("is the detail of the fields, else of the whole, else the title", () => {
    const errors = [
      { where: "body/title", detail: "too long" },
      { where: "body/due_at", detail: "no date" },
      { where: "body/colour", detail: "unknown" },
    ];
    expect(parseProblem({ title: "Wrong", detail: "It is wrong", errors }, 422).message).toBe(
      "Title: too long; Due: no date; colour: unknown",
    );
    expect(parseProblem({ title: "Wrong", detail: "It is wrong" }, 422).message).toBe("It is wrong");
    expect(parseProblem({ title: "Wrong" }, 422).message).toBe("Wrong");
  });

  it.each([502, 503, 504])(
    "is that nothing can be reached for %i from a proxy with a page of its own",
    async (status) => {
      const problem = await readProblem(new Response("<h1>Bad Gateway</h1>", { status }));
      expect(describeError(problem)).toBe("The server cannot be reached just now");
      expect(isUnreachable(problem)).toBe(true);
    },
  );

  it.each([
    [404, "there is no todo 1", "It is gone: somebody has deleted it"],
    [413, undefined, "That is too large for the server"],
    [413, "more than 64 kB", "more than 64 kB"],
    [500, undefined, "The server made a mistake"],
    [418, undefined, "The server answered 418"],
  ])("says what %i means", async (status, detail, expected) => {
    const problem = await readProblem(Response.json({ detail }, { status }));
    expect(describeError(problem)).toBe(expected);
    expect(isUnreachable(problem)).toBe(false);
  });

  it("reads a Retry-After that is a date", async () => {
    const headers = { "Retry-After": new Date(Date.now() + 60_000).toUTCString() };
    const problem = await readProblem(new Response("", { status: 429, headers }));
    expect(problem.retryAfter).toBeGreaterThan(50);
    expect(problem.retryAfter).toBeLessThan(70);
  });

  it("says how long to wait when asked too fast, as far as it is known", () => {
    expect(describeError(new ProblemError("slow down", 429, 7))).toBe(
      "You are asking too fast; try again in 7 s",
    );
    expect(describeError(new ProblemError("slow down", 429))).toBe(
      "You are asking too fast; try again in a moment",
    );
  });

  it("tells a server that hangs from one that cannot be reached", () => {
    expect(describeError(new DOMException("", "TimeoutError"))).toBe("The server took too long");
    expect(describeError(new TypeError("Failed to fetch"))).toBe("The server cannot be reached just now");
    expect(isUnreachable(new DOMException("", "TimeoutError"))).toBe(false);
  });
});
