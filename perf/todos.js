// A bounded load, as users make it: nine reads to a write, and what is written is removed again.
import { check } from "k6";
import http from "k6/http";

const base = `${__ENV.BASE_URL}/api`; // as the web app passes them on

export const options = {
  scenarios: {
    users: { executor: "constant-arrival-rate", rate: 20, timeUnit: "1s", duration: "60s", preAllocatedVUs: 20, maxVUs: 60 },
  },
  thresholds: { http_req_failed: [{ threshold: "rate<0.05", abortOnFail: true, delayAbortEval: "10s" }] },
  summaryTrendStats: ["avg", "min", "med", "max", "p(90)", "p(95)", "p(99)"],
};

export default function () {
  if (__ITER % 10 !== 0) {
    check(http.get(`${base}/todos`, { tags: { name: "list" } }), { "200": (reply) => reply.status === 200 });
    return;
  }
  const made = http.post(`${base}/todos`, JSON.stringify({ title: `load ${__VU}-${__ITER}` }), {
    headers: { "Content-Type": "application/json" },
    tags: { name: "make" },
  });
  if (check(made, { "201": (reply) => reply.status === 201 })) {
    http.del(`${base}/todos/${made.json("id")}`, null, { tags: { name: "remove" } });
  }
}
