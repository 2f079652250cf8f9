import type { ProxyOptions } from "vite";

/** The resources of each backend that the app needs; as in the Caddyfile. */
export const BACKEND_PATHS = ["todos", "users", "session", "sessions", "password", "user"];
export const CHATBOT_BACKEND_PATHS = ["conversations"];

/**
 * The development server's proxy to one backend: by name what the app needs, below a prefix that the backend does not
 * know. The Host header stays, as the backends compare it with the page's origin.
 */
export function proxyTo(
  target: string,
  prefix: string,
  paths: readonly string[],
): Record<string, ProxyOptions> {
  // A pattern, as a mere path would also take what only begins with it.
  const pattern = `^${prefix}/(?:${paths.join("|")})(?:[/?]|$)`;
  return { [pattern]: { target, changeOrigin: false, rewrite: (path) => path.slice(prefix.length) } };
}
