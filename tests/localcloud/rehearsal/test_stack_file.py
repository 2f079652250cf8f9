"""The stack files of a rehearsal: the committed ones, and what one file says of the differences."""

from __future__ import annotations

import pytest
import yaml
from infra_stacks import settings_of

from infra.config.settings import validate_settings
from localcloud.rehearsal.stack_file import RehearsedStack, merge, read_overrides
from localcloud.stack import checkout


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_only_keys_of_the_overrides_differ_from_the_committed_file(instance, name):
    committed = yaml.safe_load((checkout() / f"Pulumi.{name}.yaml").read_text())["config"]
    rehearsed = RehearsedStack(instance, checkout(), {}, name).configuration()
    named = {key for changes in read_overrides(instance).values() for key in changes}
    assert {key for key in rehearsed if committed.get(key) != rehearsed[key]} <= named
    assert committed.keys() <= rehearsed.keys()


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_the_program_accepts_the_file(instance, name, monkeypatch):
    monkeypatch.chdir(checkout())
    rehearsed = RehearsedStack(instance, checkout(), {}, name).configuration()
    own = {key.removeprefix("slipway:"): value for key, value in rehearsed.items() if key.startswith("slipway:")}
    settings = validate_settings({**settings_of(name), **own})
    assert settings.registry.host.startswith("127.0.0.1:")
    assert settings.cluster.kubeconfig == "embedded"


def test_the_teams_edits_come_last(instance):
    edits = {"slipway:cluster": {"version": "1.35"}}
    cluster = RehearsedStack(instance, checkout(), edits, "staging").configuration()["slipway:cluster"]
    assert (cluster["version"], cluster["kubeconfig"]) == ("1.35", "embedded")


def test_mappings_merge_by_key_and_named_entries_by_name():
    base = {"a": {"b": 1, "c": 2}, "pools": [{"name": "x", "size": 1}, {"name": "y", "size": 1}], "tags": ["t"]}
    changes = {"a": {"c": 3}, "pools": [{"name": "y", "size": 2}, {"name": "z", "size": 3}], "tags": ["u"]}
    assert merge(base, changes) == {
        "a": {"b": 1, "c": 3},
        "pools": [{"name": "x", "size": 1}, {"name": "y", "size": 2}, {"name": "z", "size": 3}],
        "tags": ["u"],
    }
    assert base["a"]["c"] == 2
