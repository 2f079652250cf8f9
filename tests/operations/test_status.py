from __future__ import annotations

from datetime import UTC, datetime

import pytest

from operations.status import describe_age, read_status

NOW = datetime(2026, 11, 26, 10, 5, tzinfo=UTC)


def test_a_healthy_service_has_one_line(fake, cluster):
    fake.add_deployment()
    fake.add_pod("backend-1")
    [status] = read_status(cluster)
    assert status.describe(NOW) == f"✓ backend: {'a' * 12}, 1 of 1 pods ready, for 5 min"


def test_a_service_that_is_not_healthy_says_why(fake, cluster):
    fake.add_deployment(wanted=2, ready=1)
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}
    fake.add_pod("backend-1")
    fake.add_pod("backend-2", ready=False, restartCount=3, state=waiting)
    [status] = read_status(cluster)
    assert not status.is_healthy
    assert status.describe(NOW).splitlines() == [
        f"✗ backend: {'a' * 12}, 1 of 2 pods ready, for 5 min, 3 restarts",
        "    backend-2 backend: CrashLoopBackOff back-off 10s",
    ]


def test_what_a_terminal_would_obey_is_escaped_in_a_reason(fake, cluster):
    fake.add_deployment(ready=0)
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "\x1b[2J✓ backend"}}
    fake.add_pod("backend-1", ready=False, state=waiting)
    [status] = read_status(cluster)
    assert r"CrashLoopBackOff \x1b[2J✓ backend" in status.describe(NOW)
    assert status.facts()["problems"][0]["detail"] == "\x1b[2J✓ backend"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (59, "59 s"), (60, "1 min"), (7200, "2 h"), (90_000, "1 d")]
)
def test_ages_are_short(seconds, text):
    assert describe_age(seconds) == text
