from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from infra import chart_repository
from infra.chart_repository import ChartRepositoryError, check_repositories
from infra.versions import Chart

from .recorder import run

FIND_PROBLEM = chart_repository._find_problem


@pytest.fixture(autouse=True)
def _asked(_charts, monkeypatch):
    monkeypatch.setattr(chart_repository, "_find_problem", FIND_PROBLEM)


@pytest.fixture
def repository():
    """A repository that has one chart's index, at `/charts`."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(200 if self.path == "/charts/index.yaml" else 404)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_repository_that_answers_is_no_problem(repository):
    run(lambda: check_repositories([Chart(f"{repository}/charts", "one", "1.0.0")]), preview=False)


def test_every_failing_repository_is_named_before_any_creation(repository):
    charts = [Chart(f"{repository}/gone", "one", "1"), Chart("http://127.0.0.1:1", "two", "1")]
    with pytest.raises(ChartRepositoryError) as caught:
        run(lambda: check_repositories(charts), preview=False)
    text = str(caught.value)
    assert f"one: {repository}/gone/index.yaml answers 404 Not Found" in text
    assert "two: http://127.0.0.1:1/index.yaml: [Errno 111] Connection refused" in text


def test_in_a_preview_one_that_does_not_answer_is_a_warning(caplog):
    run(lambda: check_repositories([Chart("http://127.0.0.1:1", "two", "1")]), preview=True)
    assert "two: http://127.0.0.1:1/index.yaml" in caplog.text
