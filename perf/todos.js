// A bounded load, as a user makes it: nine reads to a write, and what is written is removed again, the user at the end.
import { check, fail } from "k6";
import http from "k6/http";

const base = `${__ENV.BASE_URL}/api`; // as the web app passes them on
const headers = { "Content-Type": "application/json" };

export const options = {
  scenarios: {
    users: { executor: "constant-arrival-rate", rate: 20, timeUnit: "1s", duration: "60s", preAllocatedVUs: 20, maxVUs: 60 },
  },
  thresholds: { http_req_failed: [{ threshold: "rate<0.05", abortOnFail: true, delayAbortEval: "10s" }] },
  summaryTrendStats: ["avg", "min", "med", "max", "p(90)", "p(95)", "p(99)"],
};

/** Signs up; returns the password, and the session's cookie for every iteration, each of which has an empty jar. */
export function setup() {
  const password = crypto.randomUUID();
  const made = http.post(`${base}/users`, JSON.stringify({ name: `load-${crypto.randomUUID()}`, password }), { headers });
  if (made.status !== 201) fail(`signing up at ${base} is answered ${made.status}: ${made.body}`);
  const cookies = Object.fromEntries(Object.entries(made.cookies).map(([name, [cookie]]) => [name, cookie.value]));
  return { password, cookies };
}

export default function ({ cookies }) {
  if (__ITER % 10 !== 0) {
    check(http.get(`${base}/todos`, { cookies, tags: { name: "list" } }), { "200": (reply) => reply.status === 200 });
    return;
  }
  const made = http.post(`${base}/todos`, JSON.stringify({ title: `load ${__VU}-${__ITER}` }), {
    cookies,
    headers,
    tags: { name: "make" },
  });
  if (check(made, { "201": (reply) => reply.status === 201 })) {
    http.del(`${base}/todos/${made.json("id")}`, null, { cookies, tags: { name: "remove" } });
  }
}

export function teardown({ password, cookies }) {
  http.del(`${base}/user`, JSON.stringify({ password }), { cookies, headers });
}
