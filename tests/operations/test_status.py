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
    ("live", "declared", "said", "healthy"),
    [
        (3, 2, ", scaled by hand (stack file: 2)", True),
        (0, 2, ", scaled by hand (stack file: 2)", False),
        (2, 2, "", True),
        (0, 0, "", True),
        (2, None, "", True),
    ],
)
def test_a_service_that_was_scaled_by_hand_says_so(fake, cluster, live, declared, said, healthy):
    fake.add_deployment(wanted=live, ready=live, declared=declared)
    [status] = read_status(cluster)
    assert status.describe(NOW) == f"{'✓' if healthy else '✗'} backend: {'a' * 12}, {live} of {live} pods ready{said}"
    assert status.is_healthy == healthy


@pytest.mark.parametrize(("least", "said"), [(4, ", scaled by hand (stack file: 2)"), (2, "")])
def test_of_a_service_that_follows_its_load_the_least_number_counts(fake, cluster, least, said):
    fake.add_deployment(wanted=7, ready=7)
    fake.add_autoscaler(least=least, declared=2)
    [status] = read_status(cluster)
    assert status.describe(NOW).endswith(f"7 of 7 pods ready{said}")


def test_a_cron_whose_last_run_failed_is_not_healthy(fake, cluster):
    fake.add_cron("report", succeeded="2026-11-25T02:05:00Z")
    fake.add_job("report-1", "report", cron="report", started="2026-11-25T02:00:00Z", end="Complete")
    fake.add_job("report-2", "report", cron="report", started="2026-11-26T02:00:00Z")
    fake.add_job("report-3", "report", cron="report", started="2026-11-26T10:00:00Z", end=None)  # it runs
    [status] = read_status(cluster)
    assert status.describe(NOW).splitlines() == [
        f"✗ report: {'a' * 12}, cron, succeeded 1 d ago",
        f"    report-2: BackoffLimitExceeded Job has reached the specified backoff limit (release {'b' * 12})",
    ]
    assert (status.is_healthy, status.facts()["succeeded"]) == (False, "2026-11-25T02:05:00+00:00")


def test_a_cron_that_succeeded_after_it_failed_is_healthy(fake, cluster):
    fake.add_cron("report", succeeded="2026-11-26T10:04:00Z")
    fake.add_job("report-1", "report", cron="report", started="2026-11-26T02:00:00Z")
    fake.add_job("report-2", "report", cron="report", started="2026-11-26T10:00:00Z", end="Complete")
    [status] = read_status(cluster)
    assert status.describe(NOW) == f"✓ report: {'a' * 12}, cron, succeeded 1 min ago"


def test_a_migration_that_failed_is_a_reason_of_its_service(fake, cluster):
    fake.add_deployment()
    fake.add_job("backend-migrate")
    [status] = read_status(cluster)
    assert not status.is_healthy
    assert "    backend-migrate: BackoffLimitExceeded " in status.describe(NOW)


def test_a_service_whose_first_migration_failed_is_there(fake, cluster):
    fake.add_job("backend-migrate")
    [status] = read_status(cluster)
    assert status.describe(NOW).splitlines()[0] == f"✗ backend: {'b' * 12}, job"


@pytest.mark.parametrize(("ready", "mark"), [(1, "✓"), (0, "✗")])
def test_a_database_in_the_cluster_has_a_line(fake, cluster, ready, mark):
    fake.add_database(ready=ready)
    [status] = read_status(cluster)
    assert status.describe(NOW) == f"{mark} postgresql: database, {ready} of 1 pods ready"


def test_a_database_and_a_service_may_have_one_name(fake, cluster):
    fake.add_database("search", ready=0)
    fake.add_deployment("search")
    database, service = read_status(cluster)
    assert (database.is_healthy, service.is_healthy) == (False, True)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (59, "59 s"), (60, "1 min"), (7200, "2 h"), (90_000, "1 d")]
)
def test_ages_are_short(seconds, text):
    assert describe_age(seconds) == text
