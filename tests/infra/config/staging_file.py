"""A test changes one value of the staging stack's settings, and reads the error message of its check."""

from __future__ import annotations

import copy

import pytest
from infra_stacks import settings_of

from infra.config.settings import SettingsError, validate_settings

TAINT = {"key": "only", "value": "gpu", "effect": "NoSchedule"}
TAINTED = {"name": "gpu", "size": "s-2vcpu-4gb", "minNodes": 0, "maxNodes": 1, "labels": {}, "taints": [TAINT]}


def change_settings(path, value):
    """A staging file with one value changed; `...` takes the key away."""
    settings = copy.deepcopy(settings_of("staging"))
    *parents, last = path
    at = settings
    for part in parents:
        at = at.setdefault(part, {}) if isinstance(at, dict) else at[part]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return settings


def assert_refused(path, value, message):
    """Fail unless a changed value is one problem, whose error message begins with this text."""
    with pytest.raises(SettingsError) as caught:
        validate_settings(change_settings(path, value))
    assert f"  - {message}" in str(caught.value), str(caught.value)
    if "did you mean `mountPath`" not in message:  # and that one is then missing
        assert "1 problem:" in str(caught.value), str(caught.value)


def find_problems(settings):
    """The error message of invalid settings; of valid ones, the empty text."""
    try:
        validate_settings(settings)
    except SettingsError as error:
        return str(error)
    return ""
