from __future__ import annotations

import pytest

from delivery.outcome import DeliveryError, RefusedError
from operations.audit import MOST_ENTRIES, find_person, read_commands, record_command

TOKEN = "dop_v1_" + "a" * 64


def test_who_ran_what_and_where_is_recorded(cluster, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTOR", "ada")
    record_command(cluster, "exec in", "backend-1", ["python", "-m", "app"])
    record_command(cluster, "restart", "backend", [])
    first, second = read_commands(cluster)
    assert first | {"at": ""} == {
        "at": "",
        "by": "ada (GitHub Actions)",
        "user": "ada@example.com",
        "verb": "exec in",
        "pod": "backend-1",
        "command": "python -m app",
    }
    assert (second["verb"], second["command"]) == ("restart", "")


def test_a_person_is_named_by_git_and_by_login(monkeypatch):
    monkeypatch.delenv("GITHUB_ACTOR", raising=False)
    for name, value in (("COUNT", "1"), ("KEY_0", "user.email"), ("VALUE_0", "ada@example.com")):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    assert find_person() == "ada@example.com (ada)"


def test_a_secret_in_a_command_is_not_recorded(cluster):
    record_command(cluster, "exec in", "backend-1", ["env", f"TOKEN={TOKEN}"])
    assert TOKEN not in str(read_commands(cluster))


def test_two_people_at_once_are_both_recorded(cluster, fake):
    record_command(cluster, "restart", "backend", [])
    fake.writers = 2
    record_command(cluster, "restart", "web", [])
    assert [entry["pod"] for entry in read_commands(cluster)] == ["backend", "web"]


def test_a_record_that_cannot_be_written_stops_the_command(cluster, fake):
    record_command(cluster, "restart", "backend", [])
    fake.writers = 100
    with pytest.raises(DeliveryError, match="others write to it all the time; try again"):
        record_command(cluster, "restart", "web", [])


@pytest.mark.parametrize("text", ["[{", '{"commands": []}', ""])
def test_an_unreadable_record_stays_as_it_is_and_stops_the_command(cluster, fake, text):
    record_command(cluster, "restart", "backend", [])
    [record] = fake.objects["configmaps"]
    record["data"] = {"commands": text}
    with pytest.raises(RefusedError, match="commands of ConfigMap slipway-audit is no list in JSON"):
        record_command(cluster, "restart", "web", [])
    assert record["data"] == {"commands": text}


def test_only_the_newest_entries_stay(cluster, monkeypatch):
    monkeypatch.setattr("operations.audit.MOST_ENTRIES", 3)
    for number in range(5):
        record_command(cluster, "restart", f"pod-{number}", [])
    assert [entry["pod"] for entry in read_commands(cluster)] == ["pod-2", "pod-3", "pod-4"]
    assert MOST_ENTRIES == 500
