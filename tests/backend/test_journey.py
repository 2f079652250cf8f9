"""The journey against the real server, and against servers that do not do what they should."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from databases.ports import free_port
from services.process import ROOT, serving

from app import journey

TODO = {"id": "1", "title": "?", "completed": True}


@pytest.fixture(scope="module")
def backend(tmp_path_factory):
    """The URL of the backend with a database of its own."""
    folder, port = tmp_path_factory.mktemp("backend"), free_port()
    url = f"http://127.0.0.1:{port}"
    own = {"DATABASE_URL": f"sqlite:///{folder}/todo.db", "MIGRATE_ON_START": "true", "PORT": str(port)}
    with serving("app.main", url, folder / "log", folder=ROOT / "backend", **own):
        yield url


@contextmanager
def answering(answers):
    """A server that answers `(method, status, body)` in this order; yields its URL and what it was asked."""
    asked, left = [], list(answers)

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or "null")
            asked.append(f"{self.command} {self.path}")
            title = asked_title(body)
            method, status, answer = left.pop(0)
            assert method == self.command
            content = answer if isinstance(answer, bytes) else json.dumps(answer).replace('"?"', title).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

        def log_message(self, *_):
            pass

    titles = []

    def asked_title(body):
        titles.extend([body["title"]] if isinstance(body, dict) and "title" in body else [])
        return json.dumps(titles[0])

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()
    assert left == []


def run(url):
    """The command, as the image runs it."""
    environment = {**os.environ, "SERVICE_URL": url, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "app.journey"]
    return subprocess.run(command, cwd=ROOT / "backend", env=environment, capture_output=True, text=True, check=False)


def test_a_service_that_works_ends_the_journey_well_and_keeps_nothing_of_it(backend):
    kept = httpx.post(f"{backend}/todos", json={"title": "of a user"}).json()
    done = run(f"{backend}/")
    assert (done.returncode, done.stdout, done.stderr) == (0, "made, completed, read and removed a todo\n", "")
    assert [todo["id"] for todo in httpx.get(f"{backend}/todos").json()["items"]] == [kept["id"]]


def test_a_service_that_does_not_answer_is_one_line_and_status_1():
    done = run("http://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("POST /todos: URLError(ConnectionRefusedError(")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("url", ["", "todo.example.com", "file:///etc/passwd"])
def test_a_url_that_is_none_is_refused(url, monkeypatch, capsys):
    monkeypatch.setenv("SERVICE_URL", url)
    assert journey.main() == 1
    assert capsys.readouterr().err == (
        f"SERVICE_URL is {url!r}; write the service's URL, such as http://127.0.0.1:8000\n"
    )


GONE = [("DELETE", 204, b""), ("GET", 404, {})]
MADE = ("POST", 201, TODO)
DONE = ("PATCH", 200, TODO)


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ([("POST", 500, {})], "POST /todos: expected status 201, answered 500"),
        ([("POST", 201, {"title": "?"})], "expected a todo with id, answered {'title': 'journey "),
        ([("POST", 201, b"<html>")], "POST /todos: JSONDecodeError("),
        ([MADE, ("PATCH", 503, {}), GONE[0]], "PATCH /todos/1: expected status 200, answered 503"),
        ([MADE, ("PATCH", 200, {**TODO, "completed": False}), GONE[0]], "' completed, answered {'id': '1', 'title': 'journey "),
        ([MADE, ("PATCH", 200, []), GONE[0]], "expected a todo with title, answered []"),
        ([MADE, DONE, ("GET", 200, {**TODO, "title": "another"}), GONE[0]], "'title': 'another'"),
        ([MADE, DONE, ("GET", 200, TODO), ("DELETE", 500, {})], "the todo is left behind: DELETE /todos/1: expected status 204, answered 500"),
        ([MADE, DONE, ("GET", 200, TODO), GONE[0], ("GET", 200, TODO)], "GET /todos/1: expected status 404, answered 200"),
        ([MADE, ("PATCH", 503, {}), ("DELETE", 503, {})], "expected status 200, answered 503; and the todo is left behind: DELETE /todos/1: "),
    ],
)  # fmt: skip
def test_an_answer_that_is_not_the_expected_one_fails_and_the_todo_is_removed(answers, problem, monkeypatch, capsys):
    with answering(answers) as (url, asked):
        monkeypatch.setenv("SERVICE_URL", url)
        assert journey.main() == 1
    said = capsys.readouterr().err
    assert problem in said
    assert said.count("\n") == 1
    assert ("DELETE /todos/1" in asked) is (len(answers) > 1)


def test_a_service_that_answers_as_expected_is_a_success(monkeypatch, capsys):
    with answering([MADE, DONE, ("GET", 200, TODO), *GONE]) as (url, _):
        monkeypatch.setenv("SERVICE_URL", url)
        assert journey.main() == 0
    assert capsys.readouterr().out == "made, completed, read and removed a todo\n"
