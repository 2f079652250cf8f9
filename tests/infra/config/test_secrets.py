from __future__ import annotations

import json

import pulumi
import pytest
from infra_stacks import settings_of

from infra.config.secrets import read_secrets
from infra.config.settings import SettingsError, read_settings, validate_settings

from ..recorder import run
from ..repository import stack_config

pytestmark = pytest.mark.usefixtures("repository")


def read(secrets, *, services=None, secret_keys=None, **sections):
    """The secrets of a stack whose services list `services` (by name), with the keys `secrets` set."""
    settings = settings_of("staging")
    for name, secrets_of in (services or {}).items():
        settings["services"][name]["secrets"] = secrets_of
    for section, values in sections.items():
        settings[section] |= values
    found = []
    run(lambda: found.append(read_secrets(validate_settings(settings))), config=secrets, secret_keys=secret_keys)
    return found[0]


def test_a_secret_reaches_its_service_as_a_secret():
    def program():
        settings = settings_of("staging")
        settings["services"]["backend"]["secrets"] = ["TOKEN"]
        secrets = read_secrets(validate_settings(settings))
        pulumi.export("token", secrets.services["backend"]["TOKEN"])

    found = run(program, config={"slipway:secrets.backend.TOKEN": "s3cret"})
    assert found.outputs["token"] == ("s3cret", True)


def test_a_zone_elsewhere_needs_its_certificate_among_the_secrets():
    with pytest.raises(SettingsError, match="2 problems:") as caught:
        read({"slipway:secrets.ingress.privateKey": "x"}, ingress={"dns": "elsewhere"})
    for name in ("leafCertificate", "certificateChain"):
        assert f"run `pulumi config set --secret slipway:secrets.ingress.{name}`" in str(caught.value)


def test_a_slack_channel_needs_its_url_among_the_secrets():
    with pytest.raises(SettingsError, match=r"run `pulumi config set --secret slipway:secrets\.alerts\.slackUrl`"):
        read({}, alerts={"slackChannel": "#alerts"})


def test_every_missing_secret_is_named_at_once():
    with pytest.raises(SettingsError, match="2 problems:") as caught:
        read({"slipway:secrets.backend.SET": "x"}, services={"backend": ["SET", "TOKEN", "KEY"]})
    for name in ("TOKEN", "KEY"):
        assert f"run `pulumi config set --secret slipway:secrets.backend.{name}`" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("chatbot-backend.OPENAI_API_KEY", "write OPENAI_API_KEY in `secrets` of chatbot-backend"),
        ("chatbot_backend.KEY", "did you mean slipway:secrets.chatbot-backend.KEY?"),
        ("backend.TOKEM", "write TOKEM in `secrets` of backend"),
        ("post.PASSWORD", "the services are backend, chatbot-backend, chatbot-frontend"),
        ("alerts.slackUrl", "it is used with `slipway:alerts.slackChannel`"),
        ("ingress.privateKey", "it is used with `slipway:ingress.dns: elsewhere`"),
        (
            "ingress.key",
            "the stack's own are ingress.privateKey, ingress.leafCertificate, ingress.certificateChain, alerts.slackUrl",
        ),
    ],
)
def test_a_secret_that_nothing_uses_is_refused_with_what_was_meant(name, advice):
    config = {f"slipway:secrets.{name}": "x"}
    with pytest.raises(SettingsError) as caught:
        read({**config, "slipway:secrets.backend.TOKEN": "x"}, services={"backend": ["TOKEN"]})
    assert f"slipway:secrets.{name} is set, and nothing uses it; {advice}" in str(caught.value)
    assert f"`pulumi config rm slipway:secrets.{name}`" in str(caught.value)


def test_a_secret_in_clear_text_is_refused():
    with pytest.raises(SettingsError, match=r"slipway:secrets.backend.TOKEN is in clear text in the stack file; run"):
        read({"slipway:secrets.backend.TOKEN": "x"}, services={"backend": ["TOKEN"]}, secret_keys=[])


@pytest.mark.parametrize("secret_keys", [["slipway:secrets"], []])
def test_a_mapping_of_secrets_is_refused(secret_keys):
    """Which of its values are in clear text cannot be found out."""
    with pytest.raises(
        SettingsError, match=r"slipway:secrets is a mapping, .* run `pulumi config rm slipway:secrets`"
    ):
        read(
            {"slipway:secrets": {"backend": {"TOKEN": "x"}}}, services={"backend": ["TOKEN"]}, secret_keys=secret_keys
        )


@pytest.mark.parametrize("key", ["slipway:services", "slipway:owner", "slipway:cluster"])
def test_a_secret_inside_another_key_is_refused_before_it_is_stored(key, monkeypatch):
    config = stack_config("staging")
    with pytest.raises(SettingsError, match=rf"{key} has an encrypted value.* `pulumi config set --secret slipway"):
        run(read_settings, config=config, secret_keys=[key])
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in config.items()}
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(texts))
    monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", json.dumps([key]))
    with pytest.raises(SettingsError, match=f"{key} has an encrypted value"):
        run(read_settings, config={}, secret_keys=[])
