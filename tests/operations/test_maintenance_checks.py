from __future__ import annotations

import dataclasses
import json

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from delivery.outcome import RefusedError, UnreachableError
from delivery.verification.maintenance import HEADER, PATH
from localcloud.instance import Instance
from operations import maintenance_checks, maintenance_commands
from operations.maintenance_checks import confirm_page, refuse_beside_canary, refuse_during_update
from tests.delivery.conftest import (  # noqa: F401 - fixtures
    LOCKED,
    checkout,
    checkout_of,
    registry,
    service,
    world,
)
from tests.delivery.served import served

OURS = {"app.kubernetes.io/managed-by": "Helm", "slipway/stack": "prod"}
LOCK = {"pid": 42, "username": "ada", "hostname": "laptop", "timestamp": "2026-11-26T10:00:00Z"}


@pytest.fixture
def instance(tmp_path, monkeypatch):
    made = Instance(number=7, cache=tmp_path / "slipway")
    monkeypatch.setattr(Instance, "from_environment", classmethod(lambda _: made))
    return made


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(maintenance_checks, "PAUSE_SECONDS", 0.01)


@pytest.fixture
def prod(fake, cluster):
    for name in ("backend", "backend-canary", "web"):
        metadata = {"name": name, "labels": {**OURS, "app.kubernetes.io/name": name}}
        fake.objects["httproutes"].append({"metadata": metadata, "spec": {"hostnames": ["api.example.com"]}})
    with dataclasses.replace(cluster, stack="prod") as prod:
        yield prod


def lock_local_stack(instance):
    file = instance.home / "pulumi/.pulumi/locks/organization/slipway/local/1.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(LOCK))


def test_an_update_of_the_local_stack_refuses_a_page(instance):
    refuse_during_update("local")
    lock_local_stack(instance)
    with pytest.raises(RefusedError, match=r"an update of local is in progress, by ada@laptop .*wait until"):
        refuse_during_update("local")


def test_an_update_of_another_stack_refuses_a_page(world, monkeypatch):  # noqa: F811
    world.run("staging", 1)
    monkeypatch.chdir(world.checkout.folder)
    refuse_during_update("staging")
    world.change(lock=LOCKED)
    with pytest.raises(RefusedError, match=r"in progress, by runner@fv-az1234.*unstick --stack staging"):
        refuse_during_update("staging")


def test_a_page_is_possible_where_nobody_says_who_updates(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))  # without Pulumi
    refuse_during_update("staging")
    assert "warning: whether an update of staging is in progress cannot be read" in capsys.readouterr().err


def test_a_canary_refuses_a_page_of_its_service_alone(prod):
    refuse_beside_canary(prod, "web")
    with pytest.raises(RefusedError, match=r"backend of prod has a canary.*slipway stack rollback --stack prod"):
        refuse_beside_canary(prod, "backend")


def test_a_refused_page_changes_and_records_nothing(instance, fake):
    lock_local_stack(instance)
    with pytest.raises(RefusedError, match="an update of local is in progress"):
        maintenance_commands.show_maintenance_page("local", "backend", "soon", 300)
    assert fake.objects == {}


def test_a_page_is_confirmed_by_its_header_at_the_services_url():
    answers = [{}, {HEADER: "on"}, {}]  # the second by the one proxy that knows the route

    def reply(_):
        return PlainTextResponse("", headers=answers.pop(0) if answers else {HEADER: "on"})

    with served(Starlette(routes=[Route(PATH, reply, methods=["HEAD"])])) as url:
        confirm_page(url)
    assert answers == []


def test_a_service_that_answers_instead_of_its_page_is_an_error(monkeypatch):
    monkeypatch.setattr(maintenance_checks, "PAGE_SECONDS", 0.1)
    with served(Starlette()) as url, pytest.raises(UnreachableError, match="does not lead to it: status 404"):
        confirm_page(url)
