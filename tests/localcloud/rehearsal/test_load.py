"""The load of a rehearsal counts what became of every request."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from localcloud.rehearsal.load import Load, LoadError


@pytest.fixture
def server():
    class Handler(BaseHTTPRequestHandler):
        status = 200

        def do_GET(self):
            self.server.cookies.add(self.headers.get("Cookie"))
            self.send_response(self.server.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.status, made.cookies = 200, set()
    thread = threading.Thread(target=made.serve_forever, args=[0.05])
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def url(server):
    return f"http://127.0.0.1:{server.server_address[1]}/"


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_load_whose_requests_all_succeed_says_how_many(server):
    with Load([url(server)], rate=50) as load:
        wait_for(lambda: load.answers["200"] >= 3)
    assert str(load) == f"{load.answers['200']} requests, none failed"


def test_every_request_has_the_cookies_of_a_session(server):
    with Load([url(server)], {"__Host-session": "a-token"}, rate=50) as load:
        wait_for(lambda: load.answers["200"] >= 3)
    assert server.cookies == {"__Host-session=a-token"}


def test_one_failed_request_fails_the_load(server):
    load = Load([url(server)], rate=50)

    def fail_in_the_middle():
        with load:
            wait_for(lambda: load.answers["200"] >= 3)
            server.status = 503
            wait_for(lambda: load.answers["503"])

    with pytest.raises(LoadError, match=r"requests failed: {'503': "):
        fail_in_the_middle()


def test_nobody_answering_is_a_failure():
    load = Load(["http://127.0.0.1:9/"], rate=50)

    def ask():
        with load:
            wait_for(lambda: load.answers["ConnectError"])

    with pytest.raises(LoadError, match="ConnectError"):
        ask()


def test_an_error_under_load_is_not_hidden_by_failed_requests():
    load = Load(["http://127.0.0.1:9/"], rate=50)

    def stumble():
        with load:
            wait_for(lambda: load.answers["ConnectError"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stumble()
