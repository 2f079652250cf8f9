"""Requests to programs of our own."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from localcloud.machine import loopback


@pytest.fixture
def url():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(204, self.headers["Accept"])
            self.end_headers()

        def do_HEAD(self):
            self.do_GET()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("send", [loopback.get, loopback.head])
def test_a_proxy_of_the_environment_is_not_asked(url, send, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    assert send(url, headers={"Accept": "text/x"}, timeout=5).reason_phrase == "text/x"


def test_nobody_answering_is_httpx_own_error(url):
    with pytest.raises(httpx.HTTPError):
        loopback.get("http://127.0.0.1:1", timeout=1)
