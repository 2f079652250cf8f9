from __future__ import annotations

import pytest
from infra_stacks import STACKS, settings_of

from infra.config.document import parse_document
from infra.config.settings import validate_config
from infra.config.stack_file import StackFileError, load_stack_file, write_stack_file
from infra.config.upgrade import upgrade_stack_files

OLDER = """\
config:
  # who is asked
  slipway:owner: platform
  slipway:images: build
  slipway:services:
    - name: backend
      context: backend
      shares: [chassis]
      port: 8000
      replicas: {min: 2, max: %s}
      health: {liveness: /livez, readiness: /readyz}
      environment: {LEVEL: "no", SINCE: "%s"}
      secrets: []
      host: null
      nodePort: %s
      storage: null
    - {name: mail, context: services/mail, port: 8001, shares: [], nodePort: null, egress: [587]}
  slipway:region: fra1
"""


@pytest.fixture
def older(tmp_path):
    stacks = {"staging": (2, "1e3", "null"), "local": (2, "1e4", "30080")}
    for stack, values in stacks.items():
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(OLDER % values)
    return {stack: load_stack_file(tmp_path / f"Pulumi.{stack}.yaml") for stack in stacks}


def test_what_every_stack_says_goes_into_the_services_own_file(older):
    upgrade = upgrade_stack_files(older)
    assert upgrade.services == {
        "backend": {
            "shares": ["chassis"],
            "port": 8000,
            "health": {"liveness": "/livez", "readiness": "/readyz"},
        },
        "services/mail": {"port": 8001, "egress": [587]},
    }


def test_what_differs_stays_in_each_stack_file_and_comments_too(older):
    upgrade_stack_files(older)
    assert (
        write_stack_file(older["local"])
        == """\
config:
  # who is asked
  slipway:owner: platform
  slipway:services:
    backend:
      environment: {LEVEL: "no", SINCE: "1e4"}
      nodePort: 30080
    mail:
      folder: services/mail
  slipway:region: fra1
"""
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda entries: entries[0].pop("name"), r"Pulumi.local.yaml: slipway:services\[0\] has no name"),
        (lambda entries: entries.append(None), r"slipway:services\[2\] has no name; write one, or remove the entry"),
        (lambda entries: entries.append(dict(entries[0])), "slipway:services has backend twice; remove one"),
        (
            lambda entries: entries[0].update(context="api"),
            'context of backend is "backend" in staging, "api" in local',
        ),
        (
            lambda entries: entries[0].update(shares=[]),
            r"shares of backend is \[\"chassis\"\] in staging, \[\] in local; write one",
        ),
    ],
)
def test_what_cannot_be_upgraded_is_refused_and_nothing_is_changed(older, change, message):
    change(older["local"]["config"]["slipway:services"])
    before = write_stack_file(older["local"])
    with pytest.raises(StackFileError, match=message):
        upgrade_stack_files(older)
    assert write_stack_file(older["local"]) == before


def test_a_stack_without_services_is_upgraded_too(older):
    for content in older.values():
        content["config"]["slipway:services"] = []
    assert upgrade_stack_files(older).services == {}
    assert older["local"]["config"]["slipway:services"] == {}


def test_an_upgraded_file_stays_as_it_is(older):
    upgrade_stack_files(older)
    texts = {stack: write_stack_file(content) for stack, content in older.items()}
    assert upgrade_stack_files(older).services == {}
    assert {stack: write_stack_file(content) for stack, content in older.items()} == texts


@pytest.mark.parametrize("stack", STACKS)
def test_an_upgraded_file_means_what_the_older_one_did(stack, tmp_path):
    """From the shape of before, with every key of today written out."""
    whole = settings_of(stack)
    entries = validate_config(
        {f"slipway:{key}": value for key, value in whole.items()}, read=_repository_file
    ).model_dump(by_alias=True)["services"]
    listed = [
        {**{key: value for key, value in each.items() if key != "folder"}, "context": each["folder"]}
        for each in entries.values()
    ]
    (tmp_path / "Pulumi.x.yaml").write_text(
        write_stack_file(
            {"config": {f"slipway:{key}": value for key, value in {**whole, "services": listed}.items()}}
        )
    )
    upgrade = upgrade_stack_files({stack: load_stack_file(tmp_path / "Pulumi.x.yaml")})
    files = {f"{folder}/service.yaml": write_stack_file(content) for folder, content in upgrade.services.items()}
    text = write_stack_file(upgrade.stacks[stack])
    config = parse_document(text, "Pulumi.x.yaml").content["config"]
    assert validate_config(config, read=files.get).model_dump(by_alias=True) == {**whole, "services": entries}
    assert len(text) < len((tmp_path / "Pulumi.x.yaml").read_text()) / 2


def _repository_file(path):
    from infra_stacks import ROOT

    file = ROOT / path
    return file.read_text() if file.is_file() else None
