import { describe, expect, it } from "vitest";
import { explained, Problem, problemOf, problemOfResponse } from "../src/problem.ts";

describe("what is said about an error", () => {
  it("is the detail of the fields, else of the whole, else the title", () => {
    const errors = [
      { where: "title", detail: "too long" },
      { where: "due_at", detail: "no date" },
    ];
    expect(problemOf({ title: "Wrong", detail: "It is wrong", errors }, 422).message).toBe(
      "too long; no date",
    );
    expect(problemOf({ title: "Wrong", detail: "It is wrong" }, 422).message).toBe("It is wrong");
    expect(problemOf({ title: "Wrong" }, 422).message).toBe("Wrong");
  });

  it("names the status when a proxy answered with a page of its own", async () => {
    const problem = await problemOfResponse(new Response("<h1>Bad Gateway</h1>", { status: 502 }));
    expect(explained(problem)).toBe("The server answered 502");
  });

  it("says how long to wait when asked too fast, as far as it is known", () => {
    expect(explained(new Problem("slow down", 429, 7))).toBe("You are asking too fast; try again in 7 s");
    expect(explained(new Problem("slow down", 429))).toBe("You are asking too fast; try again in a moment");
  });

  it("tells a server that hangs from one that cannot be reached", () => {
    expect(explained(new DOMException("", "TimeoutError"))).toBe("The server took too long");
    expect(explained(new TypeError("Failed to fetch"))).toBe("The server cannot be reached just now");
  });
});
