"""A server that answers or hangs up as it is asked to."""

from __future__ import annotations

import http.server
import json

DROP, HALF = "drop", "half"  # no answer at all, and one that ends too early


class Server(http.server.ThreadingHTTPServer):
    """Answers each request with the next of its plan, and then with success.

    Attributes:
        plan: of each answer its status, its status and its body, or how it fails.
        seen: the methods of the requests.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.plan = []
        self.seen = []


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.server.seen.append(self.command)
        length = int(self.headers.get("Content-Length") or 0)
        sent = json.loads(self.rfile.read(length) or b"{}")
        success = 202 if self.command == "POST" and "load_balancers" in self.path else 200
        step = self.server.plan.pop(0) if self.server.plan else success
        self.close_connection = True
        if step == DROP:
            return
        balancer = {"id": "b", "status": "active", "forwarding_rules": [], **sent, "region": {"slug": "fra1"}}
        body = {"load_balancer": {"name": "n", **balancer}, "message": "on purpose", "request_id": "r-1"}
        if isinstance(step, tuple):
            step, body = step
        text = json.dumps(body).encode()
        self.send_response(success if step == HALF else step)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text[: len(text) // 2] if step == HALF else text)

    do_DELETE = do_GET = do_POST = do_PUT = answer  # noqa: N815 - as http.server calls them

    def log_message(self, *_):
        pass
