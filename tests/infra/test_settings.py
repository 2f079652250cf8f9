from __future__ import annotations

import copy

import pytest
from infra_stacks import STACKS, settings_of

from infra.settings import SettingsError, StackSettings

pytestmark = pytest.mark.usefixtures("repository")


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_file_is_usable(stack):
    assert StackSettings.checked(settings_of(stack)).services[0].name == "backend"


def test_the_three_files_have_the_same_keys_in_the_same_order():
    shapes = [shape(settings_of(stack)) for stack in STACKS]
    assert shapes[0] == shapes[1] == shapes[2]


def shape(value):
    """Keys all the way down; what a service's environment holds is its own."""
    if isinstance(value, dict):
        return [
            (key, None if key in {"environment", "labels", "storage"} else shape(inner))
            for key, inner in value.items()
        ]
    return (
        [shape(inner) for inner in value]
        if isinstance(value, list) and value and isinstance(value[0], dict)
        else None
    )


def change(path, value):
    """A staging file with one value changed; `...` takes the key away."""
    settings = copy.deepcopy(settings_of("staging"))
    *parents, last = path
    at = settings
    for part in parents:
        at = at[part]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return settings


BAD = [
    (("cluster", "version"), "latest", 'slipway:cluster.version is "latest"; write a DOKS version such as 1.34.4-do.0'),
    (("cluster", "defaultPool", "minNodes"), 9, "slipway:cluster.defaultPool.minNodes is 9, above its maxNodes 2; write"),
    (("cluster", "workloadPools", 0, "minNodes"), 0, "slipway:cluster.workloadPools[0].minNodes is 0; write greater than"),
    (("cluster", "clusterSubnet"), "10.10.0.0/16", "slipway:network.ipRange is 10.10.0.0/20 and overlaps slipway:cluster"),
    (("cluster", "maintenance", "day"), "Sunday", "slipway:cluster.maintenance.day is \"Sunday\"; write one of 'any'"),
    (("cluster", "maintenance", "startTime"), "3:00", 'slipway:cluster.maintenance.startTime is "3:00"; write a time of'),
    (("cluster", "ha"), "yes", 'slipway:cluster.ha is "yes"; write a boolean'),
    (("network", "ipRange"), "10.10.0.1/20", 'slipway:network.ipRange is "10.10.0.1/20"; write a network such as'),
    (("region",), "Frankfurt", 'slipway:region is "Frankfurt"; write text of the form'),
    (("images",), "lookup", "slipway:images is \"lookup\"; write one of 'build' or 'registry'"),
    (("owner",), ..., "slipway:owner is missing; add it, as in the other stack files"),
    (("onwer",), "x", "slipway:onwer is not a key of a stack file; did you mean `owner`?"),
    (("services", 0, "contxt"), "x", "slipway:services[0].contxt is not a key of a stack file; did you mean `context`?"),
    (("services", 0, "context"), "frontend", "slipway:services[0].context is 'frontend', which holds no Dockerfile"),
    (("services", 0, "context"), "../backend", 'slipway:services[0].context is "../backend"; write text of the form'),
    (("services", 0, "name"), "Backend_1", 'slipway:services[0].name is "Backend_1"; write at most 53 lower-case'),
    (("services", 0, "host"), "https://x.example", 'slipway:services[0].host is "https://x.example"; write a host name'),
    (("services", 0, "port"), 80, "slipway:services[0].port is 80; write greater than or equal to 1024"),
    (("services", 0, "replicas"), {"min": 5, "max": 2}, "slipway:services[0].replicas.min is 5, above max 2"),
    (("services", 0, "resources", "requests", "cpu"), "lots", 'slipway:services[0].resources.requests.cpu is "lots"; write a'),
    (("services", 0, "environment"), {"DATABASE_URL": "x"}, "slipway:services[0].environment.DATABASE_URL is also in secrets"),
    (("services", 0, "environment"), {"LEVEL": 1}, "slipway:services[0].environment.LEVEL is 1; write a string"),
    (("services", 0, "nodePort"), 80, "slipway:services[0].nodePort is 80; write greater than or equal to 30000"),
    (("services",), [], "slipway:services is []; write"),
    (("addons", "acmeEmail"), None, "slipway:addons.acmeEmail is null and certManager is true; write where"),
    (("addons", "ingressNginx"), False, "slipway:addons.ingressNginx is false and a service has a host; write true"),
    (("addons", "metricsServer"), False, "slipway:addons.metricsServer is false and backend scales by its load; write"),
    (("registry", "tier"), "gold", "slipway:registry.tier is \"gold\"; write one of 'starter', 'basic' or"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "message"), BAD, ids=[".".join(map(str, case[0])) for case in BAD])
def test_a_bad_value_is_refused_with_its_key_its_value_and_what_to_write(path, value, message):
    with pytest.raises(SettingsError) as caught:
        StackSettings.checked(change(path, value))
    assert f"  - {message}" in str(caught.value), str(caught.value)
    assert "1 problem:" in str(caught.value), str(caught.value)


def test_everything_that_is_wrong_is_said_at_once():
    settings = change(("cluster", "version"), "latest")
    settings["region"] = "x"
    settings["services"][0]["port"] = 1
    with pytest.raises(SettingsError, match="the stack file has 3 problems:"):
        StackSettings.checked(settings)


def test_two_services_may_not_share_a_name_or_a_host():
    settings = settings_of("staging")
    settings["services"] = [settings["services"][0], settings["services"][0]]
    with pytest.raises(
        SettingsError, match=r"2 entries have name 'backend'; give each its own(.|\n)*2 entries have host"
    ):
        StackSettings.checked(settings)


def test_more_services_than_the_registry_holds_are_refused():
    settings = settings_of("local")
    settings["registry"]["tier"] = "starter"
    one = settings["services"][0]
    settings["services"] = [one, {**one, "name": "other", "nodePort": None}]
    with pytest.raises(SettingsError, match="holds 1 repositories, and there are 2 services; write a larger tier"):
        StackSettings.checked(settings)
