"""The real server process."""

from __future__ import annotations

import json
import signal
import threading
import time

import httpx
import pytest
from databases.ports import free_port
from services.accounts import sign_up
from services.process import ROOT, serving


@pytest.fixture
def server(tmp_path):
    """A server with a database of its own; (process, URL, log)."""
    port = free_port()
    url, log = f"http://127.0.0.1:{port}", tmp_path / "log"
    database = f"sqlite:///{tmp_path}/todo.db"
    own = {"DATABASE_URL": database, "MIGRATE_ON_START": "true", "PORT": str(port), "RELEASE_SHA": "abc"}
    with serving("app.main", url, log, folder=ROOT / "backend", **own) as process:
        yield process, url, log


def test_a_stop_under_load_answers_every_request_and_marks_the_last(server):
    """As in a cluster: nobody opens a connection to a pod that ends, and the open ones are used to their end."""
    process, url, _ = server
    with httpx.Client() as http:
        sign_up(http, url=url)
        cookies = http.cookies
    failed: list[str] = []
    last: list[int] = []

    def ask(number):
        with httpx.Client(base_url=url, timeout=10, cookies=cookies) as client:  # one connection, kept alive
            while True:
                try:
                    reply = client.post("/todos", json={"title": f"from {number}"})
                except httpx.HTTPError as error:
                    failed.append(repr(error))
                    return
                if reply.status_code != 201:
                    failed.append(reply.text)
                if reply.headers.get("connection") == "close":
                    last.append(number)
                    return

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    assert last == []
    process.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join(20)
    assert failed == []
    assert sorted(last) == list(range(8))
    assert process.wait(20) in {0, -signal.SIGTERM}


def test_a_service_that_ends_is_alive_and_no_longer_ready(server):
    process, url, _ = server
    process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + 2
    while httpx.get(f"{url}/readyz").status_code != 503:
        assert time.monotonic() < deadline
    assert httpx.get(f"{url}/readyz").json()["detail"] == "the service is ending"
    assert httpx.get(f"{url}/livez").status_code == 200
    process.send_signal(signal.SIGTERM)  # a second one is not waited for
    assert process.wait(10) in {0, -signal.SIGTERM}


def test_every_line_of_the_log_is_json_and_carries_the_request_id(server):
    process, url, log = server
    httpx.get(f"{url}/todos", headers={"X-Request-ID": "find-me"})
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    request = next(line for line in lines if line.get("request_id") == "find-me")
    assert (request["event"], request["path"], request["status"]) == ("request", "/todos", 401)
    assert not any(line.get("path") == "/readyz" for line in lines)
