"""Read the secrets of a stack: `slipway:secrets.<service>.<variable>`, and those of the stack's own sections.

Nothing secret is read from anywhere else, and each secret has a service or a section that uses it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import pulumi

from infra.config.schema import StackSettings
from infra.config.settings import PROJECT, SECRETS, SettingsError, configured_keys, is_secret, report_problems

CERTIFICATE = ("privateKey", "leafCertificate", "certificateChain")
PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105 - a variable's name
SLACK_URL, WEBHOOK_URL, MAIL_PASSWORD = "slackUrl", "webhookUrl", "mailPassword"
LOG_TOKEN = "token"  # noqa: S105 - the name of a secret
NESTED = SECRETS.rstrip(".")
# Of the stack itself, not of a service: what makes each of them used.
OWN = {
    **{f"ingress.{part}": "`slipway:ingress.dns: elsewhere`" for part in CERTIFICATE},
    f"alerts.{SLACK_URL}": "`slipway:alerts.slackChannel`",
    f"alerts.{WEBHOOK_URL}": "`slipway:alerts.webhook: true`",
    f"alerts.{MAIL_PASSWORD}": "`slipway:alerts.mail.username`",
    f"logs.{LOG_TOKEN}": "`slipway:logs.forwardTo.token: true`",
}
CLOSE = 0.6  # of 1, as difflib measures it: `chatbot_backend` is meant for `chatbot-backend`

ServiceSecrets = dict[str, dict[str, pulumi.Output[str]]]


@dataclass(frozen=True)
class Certificate:
    """The team's own certificate: secret outputs of PEM texts."""

    private_key: pulumi.Output[str]
    leaf: pulumi.Output[str]
    chain: pulumi.Output[str]


@dataclass(frozen=True)
class StackSecrets:
    """Everything secret that a person sets.

    Attributes:
        services: secret outputs by service and variable.
        certificate: of a zone that is hosted elsewhere; None where DigitalOcean gets one.
        alerts: secret outputs of where alerts go, by the names of `OWN` after `alerts.`; those that are used.
        log_token: of where logs go; None where none is sent.
    """

    services: ServiceSecrets
    certificate: Certificate | None
    alerts: Mapping[str, pulumi.Output[str]]
    log_token: pulumi.Output[str] | None


def read_secrets(settings: StackSettings) -> StackSecrets:
    """Read the stack's secrets.

    Raises:
        SettingsError: a secret is missing, is in clear text, or is used by nothing; the text lists every problem.
            Of a preview environment: there is no passphrase to make secrets from.
    """
    if settings.pull_request is not None:
        return _make_secrets(settings)
    wanted = _wanted(settings)
    found, problems = _find()
    names = [f"{owner}.{name}" for owner, names in wanted.items() for name in names]
    problems += [_describe_missing(name) for name in names if name not in found]
    problems += [_describe_unused(name, settings) for name in found if name not in names]
    if problems:
        raise SettingsError(report_problems(problems))
    values = {name: pulumi.Output.secret(found[name]) for name in names}
    certificate = [values[f"ingress.{part}"] for part in wanted["ingress"]]
    return StackSecrets(
        services={
            service.name: {name: values[f"{service.name}.{name}"] for name in service.secrets}
            for service in settings.services.values()
        },
        certificate=Certificate(*certificate) if certificate else None,
        alerts={name: values[f"alerts.{name}"] for name in wanted["alerts"]},
        log_token=values.get(f"logs.{LOG_TOKEN}"),
    )


def _make_secrets(settings: StackSettings) -> StackSecrets:
    """Random-looking values for a preview environment, which has no secret of another stack.

    Each follows from the passphrase of the environments' own state, so that an update does not change it, and nobody
    can guess it without that passphrase.

    Raises:
        SettingsError: there is no passphrase.
    """
    services = [service for service in settings.services.values() if service.secrets]
    if not services:
        return StackSecrets({name: {} for name in settings.services}, None, {}, None)
    key = _read_passphrase()

    def make(service: str, variable: str) -> pulumi.Output[str]:
        text = f"{settings.namespace}.{service}.{variable}".encode()
        return pulumi.Output.secret(hmac.new(key, text, hashlib.sha256).hexdigest())

    values = {
        service.name: {name: make(service.name, name) for name in service.secrets}
        for service in settings.services.values()
    }
    return StackSecrets(values, None, {}, None)


def _read_passphrase() -> bytes:
    file = os.environ.get(f"{PASSPHRASE}_FILE")
    passphrase = Path(file).read_text().strip() if file else os.environ.get(PASSPHRASE)
    if not passphrase:
        raise SettingsError(f"set {PASSPHRASE}: what the secrets of a preview environment's services are made from")
    return passphrase.encode()


def _wanted(settings: StackSettings) -> dict[str, tuple[str, ...]]:
    """The names of the secrets that each service, and each section of the stack, uses."""
    own = settings.ingress.zone is not None and settings.ingress.dns != "digitalocean"
    return {
        **{service.name: tuple(service.secrets) for service in settings.services.values()},
        "ingress": CERTIFICATE if own else (),
        "alerts": tuple(_list_receivers(settings)),
        "logs": (LOG_TOKEN,) if settings.logs.forward_to and settings.logs.forward_to.token else (),
    }


def _list_receivers(settings: StackSettings) -> Iterator[str]:
    alerts = settings.alerts
    if alerts.slack_channel:
        yield SLACK_URL
    if alerts.webhook:
        yield WEBHOOK_URL
    if alerts.mail and alerts.mail.username:
        yield MAIL_PASSWORD


def _find() -> tuple[dict[str, str], list[str]]:
    """The values that are set, by `<service>.<variable>`, and a problem for each that cannot be used."""
    config, problems = pulumi.Config(PROJECT), []
    found: dict[str, str] = {}
    for key in configured_keys():
        if key.startswith(SECRETS):
            name = key.removeprefix(SECRETS)
            found[name] = config.get(key.removeprefix(f"{PROJECT}:")) or ""
            if not is_secret(key):
                problems.append(_describe_clear(key))
    if NESTED in configured_keys():
        problems.append(
            f"{NESTED} is a mapping, as `--path` makes it, in which some may be in clear text; run `pulumi config rm "
            f"{NESTED}`, and for each secret `{_command('<service>.<variable>')}`, without `--path`"
        )
    return found, problems


def _command(name: str) -> str:
    return f"pulumi config set --secret {SECRETS}{name}"


def _describe_missing(name: str) -> str:
    return f"{SECRETS}{name} is missing; run `{_command(name)}`"


def _describe_clear(key: str) -> str:
    return (
        f"{key} is in clear text in the stack file; run `{_command(key.removeprefix(SECRETS))}`, which asks for the "
        "value, and use a new value if this one was ever committed"
    )


def _describe_unused(name: str, settings: StackSettings) -> str:
    owner, _, variable = name.partition(".")
    known = list(settings.services)
    if name in OWN:
        advice = f"it is used with {OWN[name]}"
    elif owner in {"ingress", "alerts", "logs"}:
        advice = f"the stack's own are {', '.join(OWN)}"
    elif owner in known:
        advice = f"write {variable} in `secrets` of {owner}"
    elif close := get_close_matches(owner, known, n=1, cutoff=CLOSE):
        advice = f"did you mean {SECRETS}{close[0]}.{variable}?"
    else:
        advice = f"the services are {', '.join(known)}"
    return f"{SECRETS}{name} is set, and nothing uses it; {advice}, or run `pulumi config rm {SECRETS}{name}`"
