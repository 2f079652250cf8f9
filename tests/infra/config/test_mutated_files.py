"""Every file with one thing changed, thousands of times: it is accepted, or refused with the key that was changed."""

from __future__ import annotations

import copy
import itertools
from functools import cache

import pytest
from infra_stacks import ROOT, STACKS, config_of

from infra.config import service_file
from infra.config.document import DocumentError, parse_document
from infra.config.service_file import read_from
from infra.config.settings import SettingsError, validate_config

UNREADABLE = "write it in quotes"  # of the YAML itself, by its line
SERVICE_FILES = ("backend", "chatbot_backend", "chatbot_frontend")
REMOVED, RENAMED, DOUBLED = object(), object(), object()
VALUES = [
    REMOVED, RENAMED, DOUBLED, None, True, False, 0, -1, 1, 80, 8000, 2**31, 2**63, 10**30, 0.5, 1e300, float("inf"), float("nan"),
    "", " ", "0", "1", "-1", "no", "null", "1e3", "true", "x" * 300, "ü", "日本", "a b", "a\nb", "\t", "\x7f", "${x}", "$(X)", "$$", "{{ x }}",
    "-----BEGIN KEY-----\nx\n-----END KEY-----", "../x", "/", "/x", "a/b", "a,b", "{a: 1}", "[1]", "#x", "a: b", "1.34", "10.0.0.0/8",
    "fra1", "0x10", "1_000", "2026-11-26", "07:00", "64Mi", "0.5", "a" * 64, "A", "-a", "a-", "a--b", "_", "a@b.co", "xn--p1ai", "127.0.0.1",
    [], [None], [1], ["a", "a"], ["a"] * 200, [[]], [{}], {}, {"a": 1}, {"a": None}, {"": ""}, {"name": "x"}, {"min": 1}, {1: 2},
]  # fmt: skip


def places(value, path=()):
    """Every key and entry of a file."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    for key, inner in pairs:
        yield (*path, key)
        yield from places(inner, (*path, key))


def mutate(content, path, value):
    changed = copy.deepcopy(content)
    at = changed
    for part in path[:-1]:
        at = at[part]
    last = path[-1]
    if value is REMOVED:
        del at[last]
    elif value is RENAMED and isinstance(at, dict):
        at[f"{last}x"] = at.pop(last)
    elif value is DOUBLED:
        at[last] = [at[last], at[last]]
    elif value is not RENAMED:
        at[last] = value
    return changed


def keys_of(path):
    """The keys of which an error must name one: the changed key, or what it is in, which others refer to by its name."""
    return [str(part).removeprefix("slipway:") for part in path if isinstance(part, str)][-2:]


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Files that stay the same are parsed once."""
    monkeypatch.setattr(service_file, "parse_document", cache(parse_document))


@cache
def own_file(name):
    file = ROOT / name / "service.yaml"
    return parse_document(file.read_text(), f"{name}/service.yaml").content


def refuse_or_accept(config, changed_service=None):
    """The error, or an empty text; any other exception fails the test."""
    read = read_from(ROOT)
    if changed_service:
        folder, text = changed_service
        read = lambda path: text if path == f"{folder}/service.yaml" else read_from(ROOT)(path)  # noqa: E731
    try:
        validate_config(config, read=read)
    except (SettingsError, DocumentError) as error:
        return str(error)
    return ""


def count_refused(cases):
    refused = 0
    for path, said in cases:
        if said:
            refused += 1
            assert any(key in said for key in keys_of(path)) or UNREADABLE in said, (path, said)
            assert "Traceback" not in said
    return refused


@pytest.mark.parametrize("key", [key for key in config_of("staging") if key.startswith("slipway:")])
def test_a_changed_stack_file_is_accepted_or_refused_with_its_key(key):
    """Staging's alone: the others have the same keys."""
    config = config_of("staging")
    changes = itertools.product([path for path in places(config) if path[0] == key], VALUES)
    refused = count_refused((path, refuse_or_accept(mutate(config, path, value))) for path, value in changes)
    assert refused > len(VALUES) / 4


@pytest.mark.parametrize("folder", SERVICE_FILES)
def test_a_changed_service_file_is_accepted_or_refused_with_its_key(folder):
    from infra.config.stack_file import write_stack_file

    content, config = own_file(folder), config_of("local")
    cases = []
    for path, value in itertools.product(places(content), VALUES[::3]):  # each is YAML, which takes its time to parse
        try:
            text = write_stack_file(mutate(content, path, value))
        except (TypeError, ValueError):
            continue
        cases.append((path, refuse_or_accept(config, (folder, text))))
    assert count_refused(cases) > len(cases) / 3


@pytest.mark.parametrize("stack", STACKS)
def test_a_text_with_one_character_changed_is_accepted_or_refused(stack):
    """What a slip of the hand does to the text itself: no exception but a stack file's own."""
    text = (ROOT / f"Pulumi.{stack}.yaml").read_text()
    count, said = 0, set()
    for at, character in itertools.product(range(0, len(text), 61), ":\t\"'{}[]&*!%@`#\n\x00é- "):
        count += 1
        changed = text[:at] + character + text[at + 1 :]
        try:
            document = parse_document(changed, "Pulumi.x.yaml")
        except DocumentError as error:
            said.add(str(error).partition(":")[0])
            continue
        if isinstance(document.content, dict) and isinstance(document.content.get("config"), dict):
            refuse_or_accept(document.content["config"])
    assert said == {"Pulumi.x.yaml"}
    assert count > 400
