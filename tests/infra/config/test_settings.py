"""The settings are read from Pulumi's configuration and checked, and an error names the key, its value and the fix."""

from __future__ import annotations

import json

import pytest
import yaml
from infra_stacks import ROOT

from infra.config.settings import SettingsError, read_settings, validate_config, validate_settings
from infra.config.stack_file import load_config

from ..recorder import run
from ..repository import stack_config
from .staging_file import assert_refused, change_settings, find_problems

pytestmark = pytest.mark.usefixtures("repository")

INVALID = [
    *[(("namespace",), name, f"slipway:namespace is {name!r}, which is Kubernetes' own; write another") for name in ("kube-system", "default", "kube-other")],
    (("rolloutSeconds",), 30, "slipway:rolloutSeconds is 30; write seconds from 60 to 1800"),
    (("region",), "Frankfurt", 'slipway:region is "Frankfurt"; write a region such as fra1'),
    (("images",), "lookup", 'slipway:images is "lookup"; write `build`, `registry`, `none`, or build:<service>,<service>'),
    (("images",), "build:frontend", "slipway:images builds frontend, which is no service; there are backend, chatbot-backend, chatbot-frontend"),
    (("owner",), ..., "slipway:owner is missing; add\n      slipway:owner: platform"),
    (("onwer",), "x", "slipway:onwer is not a key of a stack file; did you mean `owner`?"),
    (("ingress", "zone"), None, "slipway:ingress.zone is null and a service has the host todo.staging.example.com; write its zone, or host: null"),
    (("ingress", "zone"), "https://x.example", 'slipway:ingress.zone is "https://x.example"; write a host name such as'),
    (("ingress", "dns"), "route53", "slipway:ingress.dns is \"route53\"; write one of 'digitalocean' or 'elsewhere'"),
    (("ingress", "ttl"), 5, "slipway:ingress.ttl is 5; write seconds from 30, the least that DigitalOcean takes"),
    (("ingress", "loadBalancerNodes"), 0, "slipway:ingress.loadBalancerNodes is 0; write a number from 1 to 200"),
    (("ingress", "hsts"), -1, "slipway:ingress.hsts is -1; write seconds from 0 to 63072000, two years, or null"),
    (("alerts", "emails"), ["nobody"], 'slipway:alerts.emails[0] is "nobody"; write an e-mail address'),
    (("alerts", "slackChannel"), "alerts", 'slipway:alerts.slackChannel is "alerts"; write a channel such as "#alerts", in quotes'),
    (("addons", "metricsServer"), False, "slipway:addons.metricsServer is false and backend scales by its load; write"),
    (("registry", "tier"), "gold", "slipway:registry.tier is \"gold\"; write one of 'starter', 'basic' or"),
    (("registry", "host"), "registry.digitalocean.com/other", "slipway:registry.host is 'registry.digitalocean.com/other' and its name 'slipway-example'; write registry.digitalocean.com/slipway-example"),
    (("release",), "two words", 'slipway:release is "two words"; write a commit, a tag or HEAD'),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "message"), INVALID, ids=[".".join(map(str, case[0])) for case in INVALID])
def test_an_invalid_setting_is_refused_with_key_value_and_fix(path, value, message):
    assert_refused(path, value, message)


def test_every_problem_is_reported_at_once():
    settings = change_settings(("cluster", "version"), "latest")
    settings["region"] = "x"
    settings["services"]["backend"]["port"] = 1
    with pytest.raises(SettingsError, match="the configuration has 3 problems:"):
        validate_settings(settings)


REQUIRED = [
    ("owner",), ("region",), ("namespace",), ("network",), ("network", "ipRange"), ("cluster",), ("cluster", "version"),
    ("cluster", "clusterSubnet"), ("cluster", "serviceSubnet"), ("cluster", "defaultPool"),
    ("cluster", "defaultPool", "size"), ("cluster", "workloadPools", 0, "name"), ("cluster", "workloadPools", 0, "size"),
    ("registry",), ("registry", "name"), ("databases", 0, "engine"), ("databases", 0, "managed", "version"),
    ("databases", 0, "managed", "size"), ("databases", 2, "inCluster", "storage"),
]  # fmt: skip


def insert_example(settings, added, path):
    """A stack file with an example put where it belongs; of a list the example has the one entry that it is about."""
    at = settings
    for part in path[:-1]:
        assert len(added) == 1
        at, added = at[part], added[0 if isinstance(part, int) else part]
    assert list(added) == [path[-1]]
    at[path[-1]] = added[path[-1]]
    return settings


@pytest.mark.parametrize("path", REQUIRED, ids=lambda path: ".".join(map(str, path)))
def test_the_example_for_a_missing_key_is_a_usable_stack_file(path):
    incomplete = change_settings(path, ...)
    with pytest.raises(SettingsError) as caught:
        validate_settings(incomplete)
    _, _, advice = str(caught.value).partition("is missing; add\n")
    added = {key.removeprefix("slipway:"): value for key, value in yaml.safe_load(advice).items()}
    left = find_problems(insert_example(incomplete, added, path))  # an example may miss keys: the error says so
    assert "is missing" not in left
    assert "not a key" not in left
    assert "; write one of" not in left


def read_changed(**changes):
    """The staging settings with some changed, as Pulumi hands them over: every value a text."""
    settings = []
    config = {**stack_config("staging"), **{f"slipway:{key}": value for key, value in changes.items()}}
    run(lambda: settings.append(read_settings()), config=config)
    return settings[0]


@pytest.mark.parametrize(
    ("endpoint", "refused"),
    [
        ("", True),
        ("https://api.digitalocean.com", True),
        ("http://127.0.0.1:8088", False),
        ("http://localhost:1", False),
    ],
)
def test_the_examples_addresses_are_refused_in_a_real_account(endpoint, refused):
    config = {**stack_config("staging"), "digitalocean:apiEndpoint": endpoint}
    message = ""
    try:
        run(read_settings, config=config)
    except SettingsError as error:
        message = str(error)
    assert (
        "slipway:ingress.zone is 'todo.staging.example.com', which is an example's; write your own" in message
    ) is refused
    assert ("slipway:alerts.emails[0] is 'platform@example.com', which is an example's" in message) is refused


@pytest.mark.parametrize("release", ["1234567", "12345e78", "0123456", "null", "HEAD"])
def test_a_commit_is_text_whatever_its_digits(release):
    assert read_changed(release=release).release == release


@pytest.mark.parametrize(("key", "value"), [("rolloutSeconds", 300), ("protect", False), ("allowDirty", True)])
def test_numbers_quoted_by_pulumi_stack_init_equal_plain_ones(key, value):
    config = load_config(ROOT / "Pulumi.staging.yaml")
    plain, quoted = ({**config, f"slipway:{key}": each} for each in (value, json.dumps(value)))
    assert validate_config(quoted, checkout=ROOT) == validate_config(plain, checkout=ROOT)


def test_a_key_that_nobody_knows_is_found_among_pulumis_own():
    with pytest.raises(SettingsError, match="slipway:colour is not a key of a stack file; known keys here: owner"):
        read_changed(colour="red")


def test_a_key_that_only_the_environment_has_counts_too(monkeypatch):
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps({"slipway:onwer": "x", "aws:region": "y"}))
    with pytest.raises(SettingsError, match="slipway:onwer is not a key of a stack file; did you mean `owner`?"):
        read_changed()


@pytest.mark.parametrize("host", ["xn--80ak6aa92e.com", "todo.xn--p1ai", "xn--bcher-kva.example.com"])
def test_an_international_host_name_is_usable(host):
    settings = change_settings(("ingress", "zone"), host)
    for service in settings["services"].values():
        service["host"] = None
    assert validate_settings(settings).ingress.zone == host
