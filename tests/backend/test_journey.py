"""The journey against the real server, and against servers that do not do what they should."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from databases.ports import free_port
from services.accounts import sign_up
from services.process import ROOT, serving

from app import journey

SUCCESS = "signed up, made, completed, read and removed a todo, and deleted the user"
TODO = {"id": "1", "title": "?", "completed": True}


@pytest.fixture(scope="module")
def backend(tmp_path_factory):
    """The backend's URL, and the file of the database that is its own."""
    folder, port = tmp_path_factory.mktemp("backend"), free_port()
    url = f"http://127.0.0.1:{port}"
    own = {"DATABASE_URL": f"sqlite:///{folder}/todo.db", "MIGRATE_ON_START": "true", "PORT": str(port)}
    with serving("app.main", url, folder / "log", folder=ROOT / "backend", **own):
        yield url, folder / "todo.db"


@contextmanager
def answering(answers):
    """A server that answers `(method, status, body)` in this order.

    Yields its URL, what it was asked, and of each request whether it came with the session's cookie.
    """
    asked, signed_in, left = [], [], list(answers)

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or "null")
            asked.append(f"{self.command} {self.path}")
            signed_in.append(self.headers.get("cookie") == "session=a-token")
            title = asked_title(body)
            method, status, answer = left.pop(0)
            assert method == self.command
            content = answer if isinstance(answer, bytes) else json.dumps(answer).replace('"?"', title).encode()
            self.send_response(status)
            if self.path == "/users":
                self.send_header("set-cookie", "session=a-token; HttpOnly; SameSite=Strict; Path=/; Max-Age=60")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

        def log_message(self, *_):
            pass

    titles = []

    def asked_title(body):
        titles.extend([body["title"]] if isinstance(body, dict) and "title" in body else [])
        return json.dumps(titles[0] if titles else "")

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked, signed_in
        finally:
            server.shutdown()
            thread.join()
    assert left == []


def run(url):
    """The command, as the image runs it."""
    environment = {**os.environ, "SERVICE_URL": url, "PYTHONPATH": str(ROOT / "backend")}
    command = [sys.executable, "-m", "app.journey"]
    return subprocess.run(command, cwd=ROOT / "backend", env=environment, capture_output=True, text=True, check=False)


def test_the_journey_of_a_working_service_passes_and_leaves_no_data(backend):
    url, file = backend
    anna = sign_up(httpx, url=url)
    done = run(f"{url}/")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{SUCCESS}\n", "")
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT name FROM users").fetchall() == [(anna["name"],)]
        assert database.execute("SELECT count(*) FROM user_todos").fetchone() == (0,)


def test_a_service_that_does_not_answer_is_one_line_and_status_1():
    done = run("http://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("POST /users: URLError(ConnectionRefusedError(")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("url", ["", "todo.example.com", "file:///etc/passwd"])
def test_an_invalid_url_is_refused(url, monkeypatch, capsys):
    monkeypatch.setenv("SERVICE_URL", url)
    assert journey.main() == 1
    assert capsys.readouterr().err == (
        f"SERVICE_URL is {url!r}; write the service's URL, such as http://127.0.0.1:8000\n"
    )


SIGNED_UP, MADE, DONE, READ = ("POST", 201, {}), ("POST", 201, TODO), ("PATCH", 200, TODO), ("GET", 200, TODO)
UNKNOWN, REMOVED, GONE = ("GET", 401, {}), ("DELETE", 204, b""), ("GET", 404, {})
USED = [SIGNED_UP, MADE, DONE, READ, UNKNOWN, REMOVED, GONE]
DELETED, OUT = ("DELETE", 204, b""), ("GET", 401, {})


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ([("POST", 500, {})], "POST /users: expected status 201, answered 500"),
        ([SIGNED_UP, ("POST", 500, {}), DELETED], "POST /todos: expected status 201, answered 500"),
        ([SIGNED_UP, ("POST", 201, {"title": "?"}), DELETED], "expected a todo with id, answered {'title': 'journey "),
        ([SIGNED_UP, ("POST", 201, b"<html>"), DELETED], "POST /todos: JSONDecodeError("),
        ([*USED[:2], ("PATCH", 503, {}), DELETED], "PATCH /todos/1: expected status 200, answered 503"),
        ([*USED[:2], ("PATCH", 200, {**TODO, "completed": False}), DELETED], "' completed, answered {'id': '1', 'title': 'journey "),
        ([*USED[:2], ("PATCH", 200, []), DELETED], "expected a todo with title, answered []"),
        ([*USED[:3], ("GET", 200, {**TODO, "title": "another"}), DELETED], "'title': 'another'"),
        ([*USED[:4], ("GET", 200, TODO), DELETED], "GET /todos/1: expected status 401, answered 200"),
        ([*USED[:5], ("DELETE", 500, {}), DELETED], "DELETE /todos/1: expected status 204, answered 500"),
        ([*USED[:6], ("GET", 200, TODO), DELETED], "GET /todos/1: expected status 404, answered 200"),
        ([*USED, ("DELETE", 500, {})], "is left behind: DELETE /user: expected status 204, answered 500"),
        ([*USED, DELETED, ("GET", 200, {})], "GET /session: expected status 401, answered 200"),
        ([*USED[:2], ("PATCH", 503, {}), ("DELETE", 503, {})], "answered 503; and the user journey-"),
    ],
)  # fmt: skip
def test_an_unexpected_answer_fails_and_the_user_is_deleted(answers, problem, monkeypatch, capsys):
    with answering(answers) as (url, asked, _):
        monkeypatch.setenv("SERVICE_URL", url)
        assert journey.main() == 1
    said = capsys.readouterr().err
    assert problem in said
    assert said.count("\n") == 1
    assert ("DELETE /user" in asked) is (len(answers) > 1)


def test_a_service_that_answers_as_expected_is_a_success(monkeypatch, capsys):
    with answering([*USED, DELETED, OUT]) as (url, asked, signed_in):
        monkeypatch.setenv("SERVICE_URL", url)
        assert journey.main() == 0
    assert capsys.readouterr().out == f"{SUCCESS}\n"
    without_cookie = [request for request, cookie in zip(asked, signed_in, strict=True) if not cookie]
    assert without_cookie == ["POST /users", "GET /todos/1"]
