from __future__ import annotations

from datetime import UTC, datetime, timedelta

from delivery.preview_environment.comment import EnvironmentReport, describe_duration

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_the_comment_has_url_state_commit_and_age():
    text = EnvironmentReport(
        state="ready",
        now=NOW,
        urls={"web": "https://pr-7.acme.dev"},
        release="3f2a91c4d5e6" + "0" * 28,
        created=NOW - timedelta(hours=3),
        updated=NOW,
        max_age_days=7,
    ).write()
    assert "| web | https://pr-7.acme.dev |" in text
    assert "| State | ✅ ready |" in text
    assert "| Commit | `3f2a91c4d5e6` |" in text
    assert "created 2026-11-26 09:00 UTC, 3 h ago; updated 2026-11-26 12:00 UTC" in text
    assert "7 days after the last update" in text


def test_a_removed_environment_has_no_url():
    text = EnvironmentReport(state="removed", now=NOW, urls={"web": "https://pr-7.acme.dev"}, reason="closed").write()
    assert "https://" not in text
    assert "🧹 removed: closed" in text


def test_durations_are_in_their_largest_unit():
    durations = (timedelta(seconds=30), timedelta(minutes=59), timedelta(hours=47), timedelta(days=3))
    assert [describe_duration(each) for each in durations] == ["0 min", "59 min", "47 h", "3 days"]
