from __future__ import annotations

import pytest
from infra_stacks import ROOT

from delivery.cost.bill import add_parts, list_parts
from delivery.cost.price_list import PriceList
from infra.config.document import parse_document
from infra.config.settings import SettingsError, validate_config
from slipway.scaffold.project import Answers, ProjectError, find_example, plan_stack_files

ANSWERS = Answers(name="notes", owner="us", region="ams3", registry="acme-notes", zone="notes.acme.dev")
SERVICE = {"Dockerfile": "FROM x\n", "service.yaml": "port: 8000\n"}


def settings(answers, stack):
    """The stack's settings, with one service in it."""
    text = {str(change.path): change.text for change in plan_stack_files(answers)}[f"Pulumi.{stack}.yaml"]
    config = parse_document(text, "x").content["config"]
    read = lambda path: "port: 8000\n" if path == "backend/service.yaml" else None  # noqa: E731
    return validate_config({**config, "slipway:services": {"backend": {}}}, read=read)


@pytest.fixture(autouse=True)
def _in_a_checkout(monkeypatch):
    monkeypatch.chdir(ROOT)  # where backend/ has a Dockerfile


@pytest.mark.parametrize("stack", ["staging", "prod", "local"])
def test_each_stack_file_is_usable_with_a_first_service(stack):
    found = settings(ANSWERS, stack)
    assert (found.namespace, found.region) == ("notes", "ams3")
    assert found.ingress.zone == {"staging": "staging.notes.acme.dev", "prod": "notes.acme.dev", "local": None}[stack]


@pytest.mark.parametrize(
    "region", ["ams3", "blr1", "fra1", "lon1", "nyc1", "nyc2", "nyc3", "sfo2", "sfo3", "sgp1", "syd1", "tor1"]
)
def test_the_networks_are_free_in_every_region(region):
    for stack in ("staging", "prod"):
        assert settings(Answers("n", "o", region, "r"), stack).region == region


def test_without_a_service_a_stack_file_says_how_to_add_one():
    config = parse_document(plan_stack_files(ANSWERS)[0].text, "x").content["config"]
    with pytest.raises(SettingsError, match="slipway:services is {}; write at least one entry"):
        validate_config(config, read=lambda _: None)


@pytest.mark.parametrize("name", ["", "My App", "a" * 41, "-x"])
def test_a_name_that_cannot_be_a_namespace_is_refused(name):
    with pytest.raises(ProjectError, match="write at most 40 lower-case letters"):
        plan_stack_files(Answers(name, "us", "fra1", "r"))


def test_the_price_of_a_new_project_is_of_the_published_sizes():
    parts = list_parts(settings(ANSWERS, "prod"), PriceList())
    assert {part.name: str(part.price) for part in parts} == {
        "default pool": "$48.00 to $72.00",
        "pool apps": "$96.00 to $288.00",
        "control plane": "$40.00",
        "registry": "$5.00",
        "load balancer": "$12.00",
    }
    assert str(add_parts(parts)) == "$201.00 to $417.00"


def test_the_example_is_found_while_it_is_there(tmp_path):
    (tmp_path / "backend").mkdir()
    assert [str(path) for path in find_example(tmp_path)] == ["backend"]
    assert {"backend", "chatbot_backend", "docker-compose.yml"} <= {str(path) for path in find_example(ROOT)}
