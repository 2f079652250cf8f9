"""The committed stack files are valid, agree with each other, and repeat nothing."""

from __future__ import annotations

import ipaddress

import pytest
from infra_stacks import EXAMPLE, ROOT, STACKS, config_of, settings_of

from infra.config.settings import validate_settings

pytestmark = pytest.mark.usefixtures("repository")


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_file_is_usable(stack):
    assert set(validate_settings(settings_of(stack)).services) >= set(EXAMPLE)


def test_stack_files_do_not_repeat_what_is_a_services_own():
    of_one_machine = {"environment", "migrate"}  # limits of clients that are all the same, and a demo user
    for stack in STACKS:
        for service in settings_of(stack)["services"].values():
            own = set(service) - (of_one_machine if stack == "local" else set())
            assert own <= {"replicas", "resources", "host", "nodePort", "pool"}


def test_the_three_files_have_the_same_databases_in_the_same_order():
    engines = [[database["engine"] for database in settings_of(stack)["databases"]] for stack in STACKS]
    assert engines[0] == engines[1] == engines[2]


def test_the_three_stack_files_have_fewer_than_170_lines():
    assert sum(len((ROOT / f"Pulumi.{stack}.yaml").read_text().splitlines()) for stack in STACKS) < 170


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_offline_switches_are_set_for_no_real_stack(stack):
    assert not [key for key in config_of(stack) if key.startswith("digitalocean:")]
    settings = settings_of(stack)
    assert settings["registry"]["host"].startswith("registry.digitalocean.com/")
    assert settings["cluster"]["kubeconfig"] == "doctl"
    assert settings["protect"] is True
    assert settings["allowDirty"] is False


def test_no_two_real_stacks_share_an_address(repository):
    ranges = []
    for stack in ("staging", "prod"):
        settings = settings_of(stack)
        cluster = settings["cluster"]
        ranges += [settings["network"]["ipRange"], cluster["clusterSubnet"], cluster["serviceSubnet"]]
    networks = [ipaddress.ip_network(text) for text in ranges]
    assert not any(a.overlaps(b) for at, a in enumerate(networks) for b in networks[at + 1 :])
