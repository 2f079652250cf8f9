from __future__ import annotations

import io
import re
import sys
from datetime import UTC, datetime

import pytest

from delivery.outcome import DeliveryError, RefusedError, UnreachableError
from operations.log_line import LogLine
from operations.logs import LogRequest, follow_logs, parse_duration, read_crashes, read_logs


@pytest.fixture
def two_pods(fake, cluster):
    fake.add_pod("backend-1")
    fake.add_pod("web-1", "web", "b" * 40)
    fake.logs = {
        "backend-1/backend": "2026-11-26T10:00:01Z first\n2026-11-26T10:00:03Z third\n",
        "web-1/web": "2026-11-26T10:00:02Z second\n",
    }
    fake.write()
    return cluster


def texts(lines):
    return [line.text for line in lines]


def test_lines_of_all_pods_come_in_the_order_of_time(two_pods):
    assert texts(read_logs(two_pods, LogRequest())) == ["first", "second", "third"]


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        (LogRequest(services=("web",)), ["second"]),
        (LogRequest(tags={"backend": "c" * 40, "web": "b" * 40}), ["second"]),
        (LogRequest(pattern=re.compile("ir")), ["first", "third"]),
    ],
    ids=["service", "release", "pattern"],
)
def test_only_what_is_asked_for_is_read(two_pods, request_, found):
    assert texts(read_logs(two_pods, request_)) == found


@pytest.mark.parametrize(("pattern", "accepted"), [("status=5", True), ('"status": 50', True), ("status=4", False)])
def test_a_pattern_matches_a_json_line_as_printed_or_as_written(pattern, accepted):
    """`--grep 'status=5'` is what the alert of failed answers says to run first."""
    text = '{"status": 500, "route": "/todos", "event": "request", "level": "error"}'
    line = LogLine("backend-1", "backend", datetime.now(UTC), text)
    assert LogRequest(pattern=re.compile(pattern)).accepts(line) is accepted


def test_only_a_line_feed_ends_a_line(two_pods, fake):
    """A visitor who has another end of a line logged would else forge one, with a time of their own."""
    fake.logs["web-1/web"] = "2026-11-26T10:00:02Z one\r2026-11-26T10:00:02Z two\u2028three\n"
    fake.write()
    request, whole = LogRequest(services=("web",)), "one\r2026-11-26T10:00:02Z two\u2028three"
    assert texts(read_logs(two_pods, request)) == [whole]
    assert next(follow_logs(two_pods, request)).text == whole


def test_an_unknown_service_is_refused_with_the_known_ones(two_pods):
    with pytest.raises(RefusedError, match="of local is of chat; there are backend, web"):
        list(read_logs(two_pods, LogRequest(services=("chat",))))


def test_no_pod_of_a_release_is_said(two_pods):
    with pytest.raises(RefusedError, match="no pod of that release runs on local"):
        list(read_logs(two_pods, LogRequest(tags={"backend": "c" * 40})))


@pytest.mark.parametrize(
    ("said", "error", "sentence"),
    [
        ("error: You must be logged in to the server", DeliveryError, "the logs cannot be read: error: You must be"),
        ("Error from server (Forbidden): no", DeliveryError, r"cannot be read: Error from server \(Forbidden\): no$"),
        (
            "The connection to the server x was refused",
            UnreachableError,
            "the cluster does not answer: The connection",
        ),
    ],
)
def test_logs_of_which_none_can_be_read_are_an_error(two_pods, fake, said, error, sentence):
    fake.problems = {"backend-1/backend": said, "web-1/web": said}
    fake.write()
    with pytest.raises(error, match=sentence) as raised:
        list(read_logs(two_pods, LogRequest()))
    assert type(raised.value) is error


@pytest.mark.parametrize(
    "said",
    [
        'Error from server (BadRequest): previous terminated container "web" in pod "web-1" not found',
        'Error from server (BadRequest): container "web" in pod "web-1" is waiting to start: PodInitializing',
        'Error from server (NotFound): pods "web-1" not found',
    ],
)
def test_a_container_without_a_log_is_no_problem(two_pods, fake, capsys, said):
    fake.problems = {"backend-1/backend": said, "web-1/web": said}
    fake.write()
    assert texts(read_logs(two_pods, LogRequest())) == []
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "read",
    [read_logs, lambda cluster, request: follow_logs(cluster, request, lambda: "cannot" in sys.stderr.getvalue())],
)
def test_a_log_that_cannot_be_read_is_named_beside_those_that_can(two_pods, fake, monkeypatch, read):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    fake.problems = {"web-1/web": "Error from server: i/o timeout"}
    fake.write()
    assert "second" not in texts(read(two_pods, LogRequest()))
    assert sys.stderr.getvalue() == "web-1 web: the log cannot be read: Error from server: i/o timeout\n"


def test_the_last_lines_of_a_container_that_crashed_come_unasked(fake, cluster):
    ended = {"terminated": {"exitCode": 1, "reason": "Error"}}
    fake.add_pod("backend-1", lastState=ended, restartCount=1)
    fake.logs = {"backend-1/backend/previous": "2026-11-26T10:00:01Z Traceback\n"}
    fake.write()
    assert texts(read_crashes(cluster, LogRequest())) == ["Traceback"]


def test_a_pod_that_starts_later_is_followed_too(two_pods, fake):
    seen = []
    for line in follow_logs(two_pods, LogRequest(services=("backend", "late")[:1]), lambda: len(seen) > 2):
        seen.append(line.text)
        if len(seen) == 2:
            fake.logs["backend-2/backend"] = "2026-11-26T10:00:09Z later\n"
            fake.write()
            fake.add_pod("backend-2")
    assert seen == ["first", "third", "later"]


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("42m", 2520), ("2h", 7200), ("1d", 86_400)])
def test_times_are_written_as_people_do(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "1", "1y", "-1m", "1.5h", "m"])
def test_another_time_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="write it such as 42m"):
        parse_duration(text)
