"""A server that speaks the wire format of OpenAI's API, and answers from a script."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Model(BaseHTTPRequestHandler):
    """Answers from a script: text, a list of (tool, arguments), a status, or a tuple of those with events to wait for."""

    script: list = []
    asked: list = []

    def do_POST(self):
        with suppress(BrokenPipeError, ConnectionResetError):
            self._answer()

    def _answer(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        about = {"path": self.path, "key": self.headers["authorization"], "trace": self.headers["traceparent"]}
        self.asked.append({**about, **body})
        step = self.script.pop(0)
        if isinstance(step, int):
            self.send_response(step)
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for delta in self._deltas(step):
            if isinstance(delta, threading.Event):
                delta.wait(20)
                continue
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m",
                     "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}  # fmt: skip
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(
            b'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[]}\n\n'
        )
        self.wfile.write(b"data: [DONE]\n\n")

    @staticmethod
    def _deltas(step):
        if isinstance(step, str):
            yield from ({"content": word} for word in step.split(" "))
            return
        if isinstance(step, tuple):
            for part in step:
                yield from [part] if isinstance(part, threading.Event) else Model._deltas(part)
            return
        for at, (name, arguments) in enumerate(step):
            text = arguments if isinstance(arguments, str) else json.dumps(arguments)
            yield {"tool_calls": [{"index": at, "id": f"call-{at}", "type": "function", "function": {"name": name, "arguments": text[:5]}}]}  # fmt: skip
            yield {"tool_calls": [{"index": at, "function": {"arguments": text[5:]}}]}

    def log_message(self, *_):
        pass


@contextmanager
def scripted():
    """The class whose `script` is answered from, and the URL."""
    Model.script, Model.asked = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Model, f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
