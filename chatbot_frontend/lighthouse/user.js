// A user for as long as Lighthouse looks at what only users see.
import { Buffer } from "node:buffer";
import { randomBytes, randomInt } from "node:crypto";
import http from "node:http";
import https from "node:https";
import { URL } from "node:url";

/** The answer to a request with JSON. A local cluster's certificate is of its own authority. */
function send(url, method, body, headers = {}) {
  const { request } = url.startsWith("https:") ? https : http;
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const options = {
      method,
      headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text), ...headers },
      rejectUnauthorized: false,
    };
    const sent = request(url, options, (response) => {
      response.resume();
      response.on("end", () => {
        if (response.statusCode < 300) resolve(response);
        else reject(new Error(`${method} ${url} was answered ${response.statusCode}`));
      });
    });
    sent.on("error", reject);
    sent.end(text);
  });
}

/** Creates a user and gives the header by which they are signed in, and what deletes them again. */
export async function createUser(base) {
  const credentials = {
    name: `lighthouse-${randomBytes(6).toString("hex")}`,
    password: "only for Lighthouse",
  };
  // Where it is believed, this leaves others their share of new users.
  const address = Array.from({ length: 4 }, () => randomInt(1, 255)).join(".");
  const made = await send(new URL("/api/users", base).href, "POST", credentials, {
    "X-Forwarded-For": address,
  });
  const Cookie = made.headers["set-cookie"].map((cookie) => cookie.split(";")[0]).join("; ");
  return {
    headers: { Cookie },
    remove: () =>
      send(new URL("/api/user", base).href, "DELETE", { password: credentials.password }, { Cookie }),
  };
}
