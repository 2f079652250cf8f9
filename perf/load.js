// A bounded load, as users make it: lists, searches, writes, questions to the chat, and sign-ins. What is written is
// removed again, the user at the end. `make load` fills the user's list with 500,000 todos first.
import { check, fail } from "k6";
import http from "k6/http";

const { BASE_URL, ACCOUNT, SEARCHES = "50", ROUND_TRIP_MS = "0" } = __ENV;
const api = `${BASE_URL}/api`; // as the web app passes them on
const headers = { "Content-Type": "application/json" };

/** Milliseconds that 95 of 100 requests of a kind may take, beside the way there and back (ROUND_TRIP_MS). */
const OBJECTIVES = { list: 50, search: 50, make: 100, remove: 100, ask: 1000, sign_in: 500 };

const NOUNS = ["milk", "dentist", "invoice", "flight", "garden", "report", "insurance", "birthday", "letter", "window", "bicycle", "taxes"];

function scenario(exec, { rate, timeUnit = "1s", startTime = "0s" }) {
  return { executor: "constant-arrival-rate", exec, rate, timeUnit, startTime, duration: "60s", preAllocatedVUs: 20, maxVUs: 60 };
}

export const options = {
  scenarios: {
    // Nine reads to a write; then searches alone. Sign-ins and questions keep below the limits of one user.
    lists: scenario("list", { rate: 18 }),
    writes: scenario("write", { rate: 2 }),
    questions: scenario("ask", { rate: 20, timeUnit: "1m" }),
    sign_ins: scenario("signIn", { rate: 8, timeUnit: "1m" }),
    searches: scenario("search", { rate: Number(SEARCHES), startTime: "60s" }),
  },
  thresholds: {
    http_req_failed: [{ threshold: "rate<0.05", abortOnFail: true, delayAbortEval: "10s" }],
    checks: ["rate>0.99"],
    ...Object.fromEntries(
      Object.entries(OBJECTIVES).map(([name, most]) => [
        `http_req_duration{name:${name}}`,
        [`p(95)<${most + Number(ROUND_TRIP_MS)}`],
      ]),
    ),
  },
  summaryTrendStats: ["avg", "min", "med", "max", "p(90)", "p(95)", "p(99)"],
};

function cookiesOf(reply) {
  return Object.fromEntries(Object.entries(reply.cookies).map(([name, [cookie]]) => [name, cookie.value]));
}

/** Signs up, or in as ACCOUNT (`{"name": …, "password": …}`); the cookie is for every iteration, whose jar is empty. */
export function setup() {
  const account = ACCOUNT ? JSON.parse(ACCOUNT) : { name: `load-${crypto.randomUUID()}`, password: crypto.randomUUID() };
  const path = ACCOUNT ? "session" : "users";
  const made = http.post(`${api}/${path}`, JSON.stringify(account), { headers });
  if (made.status !== 201) fail(`signing up or in at ${api} is answered ${made.status}: ${made.body}`);
  const cookies = cookiesOf(made);
  const conversation = http.post(`${BASE_URL}/chat/conversations`, null, { cookies });
  if (conversation.status !== 201) fail(`a conversation is answered ${conversation.status}: ${conversation.body}`);
  return { account, cookies, conversation: conversation.json("id") };
}

export function list({ cookies }) {
  const reply = http.get(`${api}/todos`, { cookies, tags: { name: "list" } });
  check(reply, { "a list": ({ status }) => status === 200 });
}

export function search({ cookies }) {
  // As somebody types it: a word that many todos have, and the beginning of the next. backend/app/fill.py has them.
  const words = `${NOUNS[__ITER % NOUNS.length]} ${((__ITER * 2654435761) % 4096).toString(16).padStart(3, "0")}`;
  const reply = http.get(`${api}/todos?q=${encodeURIComponent(words)}`, { cookies, tags: { name: "search" } });
  check(reply, { "a search": ({ status }) => status === 200 });
}

export function write({ cookies }) {
  const body = JSON.stringify({ title: `load ${__VU}-${__ITER}` });
  const made = http.post(`${api}/todos`, body, { cookies, headers, tags: { name: "make" } });
  if (check(made, { "a new todo": ({ status }) => status === 201 })) {
    http.del(`${api}/todos/${made.json("id")}`, null, { cookies, tags: { name: "remove" } });
  }
}

export function ask({ cookies, conversation }) {
  const path = `${BASE_URL}/chat/conversations/${conversation}/messages`;
  const body = JSON.stringify({ content: "What is due today?" });
  const reply = http.post(path, body, { cookies, headers, tags: { name: "ask" } });
  check(reply, { "an answer": ({ status, body: text }) => status === 200 && text.includes("event: done") });
}

export function signIn({ account }) {
  const reply = http.post(`${api}/session`, JSON.stringify(account), { headers, tags: { name: "sign_in" } });
  check(reply, { "signed in": ({ status }) => status === 201 });
}

export function teardown({ account: { password }, cookies }) {
  if (!ACCOUNT) http.del(`${api}/user`, JSON.stringify({ password }), { cookies, headers });
}
