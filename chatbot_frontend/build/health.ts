import type { Plugin } from "vite";

const SERVICE = "chatbot-frontend";

function answers(sha: string): Record<string, object> {
  return {
    "/livez": { status: "ok" },
    "/readyz": { status: "ok" },
    "/health": { status: "ok", service: SERVICE, sha },
    "/version": { service: SERVICE, sha },
  };
}

/** The development server answers what the Caddyfile answers in production. */
export function health(sha: string): Plugin {
  return {
    name: "health",
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const answer = answers(sha)[request.url?.split("?")[0] ?? ""];
        if (!answer) {
          next();
          return;
        }
        response.setHeader("Content-Type", "application/json");
        response.setHeader("Cache-Control", "no-store");
        response.end(JSON.stringify(answer));
      });
    },
  };
}
