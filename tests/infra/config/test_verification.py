from __future__ import annotations

import json

import pytest
from infra_stacks import EXAMPLE, ROOT, STACKS, services_of, settings_of

from infra.config.service_file import read_from
from infra.config.settings import SettingsError, validate_settings
from infra.config.verification import Journey, Verification, VerifiedRequest, VersionRequest

pytestmark = pytest.mark.usefixtures("repository")


def configure(verify):
    """The backend's verification, as a stack file with this under `verify` has it; `...`: without the key."""
    text = (ROOT / "backend/service.yaml").read_text().partition("verify:")[0]
    if verify is not ...:
        text += json.dumps({"verify": verify})[1:-1] + "\n"
    read = read_from(ROOT)
    settings = validate_settings(
        settings_of("staging"), read=lambda path: text if path == "backend/service.yaml" else read(path)
    )
    return settings.services["backend"].verify


def test_a_service_that_says_nothing_is_to_be_ready_and_that_is_all():
    assert configure(...) == configure({}) == Verification(requests=[], version=None, journey=None)


def test_what_is_not_written_has_a_default():
    found = configure({"requests": [{"path": "/a?b=c"}], "version": {}, "journey": {"command": ["/bin/try"]}})
    request = VerifiedRequest.model_validate(
        {"path": "/a?b=c", "method": "GET", "status": 200, "headers": {}, "json": None}
    )
    assert found.requests == [request]
    assert found.version == VersionRequest(path="/version", key="sha")
    assert found.journey == Journey(command=["/bin/try"], seconds=60)


def test_json_keeps_the_type_of_every_value():
    expected = {"a": [1, 1.5, True, None, "1", {"deep": []}]}
    (request,) = configure({"requests": [{"path": "/", "json": expected}]}).requests
    assert str(request.content) == str(expected)


@pytest.mark.parametrize(
    ("verify", "problem"),
    [
        ({"requests": [{}]}, ".requests[0].path is missing; add"),
        ({"requests": {"path": "/"}}, '.requests is {"path": "/"}; write a list'),
        ({"requests": [{"path": "readyz"}]}, '.requests[0].path is "readyz"; write a path below the service\'s URL such as /readyz'),
        ({"requests": [{"path": "//example.com"}]}, '.requests[0].path is "//example.com"; write a path below'),
        ({"requests": [{"path": "/a b"}]}, '.requests[0].path is "/a b"; write a path below'),
        ({"requests": [{"path": "/a#b"}]}, '.requests[0].path is "/a#b"; write a path below'),
        ({"requests": [{"path": "/", "status": "200"}]}, '.requests[0].status is "200"; write a whole number, without quotes'),
        ({"requests": [{"path": "/", "status": 100}]}, ".requests[0].status is 100; write a status from 200 to 599"),
        ({"requests": [{"path": "/", "status": 600}]}, ".requests[0].status is 600; write a status from 200 to 599"),
        ({"requests": [{"path": "/", "method": "POST"}]}, ".requests[0].method is \"POST\"; write one of 'GET', 'HEAD' or 'OPTIONS'"),
        ({"requests": [{"path": "/", "headers": {"a b": "c"}}]}, ".requests[0].headers.a b; write the name of a header such as cache-control"),
        ({"requests": [{"path": "/", "headers": {"age": 0}}]}, ".requests[0].headers.age is 0; write text, in quotes"),
        ({"requests": [{"path": "/", "json": "ok"}]}, '.requests[0].json is "ok"; write a mapping'),
        ({"requests": [{"path": "/", "method": "HEAD", "json": {}}]}, "; write `method: GET` beside `json`: the answer to HEAD has no content"),
        ({"requests": [{"path": "/", "body": "x"}]}, ".requests[0].body is not a key of a service; known keys here: path, method, status, headers, json"),
        ({"version": {"key": ""}}, '.version.key is ""; write a key of the answer\'s JSON such as sha, or build.commit'),
        ({"version": "/version"}, '.version is "/version"; write a mapping with the keys path, key'),
        ({"journey": {}}, ".journey.command is missing; add"),
        ({"journey": {"command": []}}, ".journey.command is []; write at least one entry"),
        ({"journey": {"command": "python -m app.journey"}}, '.journey.command is "python -m app.journey"; write a list'),
        ({"journey": {"command": ["x"], "seconds": 0}}, ".journey.seconds is 0; write seconds from 1 to 600"),
        ({"jurney": None}, ".jurney is not a key of a service; did you mean `journey`?"),
        (None, " is null; write a mapping with the keys requests, version, journey"),
    ],
)  # fmt: skip
def test_a_value_that_is_not_usable_is_named_with_what_to_write(verify, problem):
    with pytest.raises(SettingsError) as caught:
        configure(verify)
    assert "backend/service.yaml:" in str(caught.value)
    assert problem in str(caught.value)


def test_every_key_is_described():
    for model in (Verification, VerifiedRequest, VersionRequest, Journey):
        for name, field in model.model_fields.items():
            assert (field.description or "").endswith("."), f"{model.__name__}.{name}"


@pytest.mark.parametrize("stack", STACKS)
def test_every_service_of_the_example_says_its_version(stack):
    assert all(services_of(stack)[name]["verify"]["version"] for name in EXAMPLE)
