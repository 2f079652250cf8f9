"""What a release's own stack file says of how its services are verified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from delivery.outcome import MissingError, RefusedError
from delivery.stack.configuration import SERVICES
from delivery.verification.smoke import READINESS
from infra.config.verification import Verification

OK = HTTPStatus.OK
WEB = "web"


@dataclass(frozen=True)
class ServiceChecks:
    """How one service is verified.

    Attributes:
        readiness: the path that answers 200 when the service is ready; None where no path of its port says so.
        kind: of the service; only a `web` can be asked.
        has_url: whether the release gives it a URL, so that it is asked there and not at a pod.
    """

    readiness: str | None = READINESS
    verification: Verification = field(default_factory=Verification)
    kind: str = WEB
    has_url: bool = False

    @property
    def asks(self) -> bool:
        """Whether `verify` has anything that a service, or a pod of it, is to answer."""
        wanted = self.verification
        return self.kind == WEB and bool(wanted.requests or wanted.version or wanted.journey)

    @property
    def is_judged(self) -> bool:
        """Whether a release of it is judged by its requests, as a canary or afterwards."""
        return self.verification.behaviour is not None or self.verification.canary is not None

    @property
    def ready_path(self) -> str | None:
        """The path that is asked until it answers 200; None where there is nothing to wait for."""
        good = (each.path for each in self.verification.requests if (each.method, each.status) == ("GET", OK))
        return self.readiness or next(good, None)


def read_service_checks(configuration: Mapping[str, Any]) -> dict[str, ServiceChecks]:
    """How each service is verified, by its name.

    Args:
        configuration: of a release, see `delivery.stack.configuration.parse_configuration`. Releases before `verify`
            have none: their services are ready, and that is all.

    Raises:
        RefusedError: a service's `verify` is not usable; the text has every problem.
    """
    return {name: _read(name, service) for name, service in configuration[SERVICES].items()}


def read_checks_of(configuration: Mapping[str, Any], service: str, where: str) -> ServiceChecks:
    """How one service is verified.

    Args:
        where: what the configuration is of, for errors.

    Raises:
        MissingError: there is no such service.
        RefusedError: as for `read_service_checks`.
    """
    known = read_service_checks(configuration)
    if service not in known:
        raise MissingError(f"{where} has no service {service!r}; it has {', '.join(known)}")
    return known[service]


def _read(name: str, service: Mapping[str, Any]) -> ServiceChecks:
    try:
        verification = Verification.model_validate(service.get("verify") or {})
    except ValidationError as error:
        raise RefusedError("; ".join(_describe_problems(name, error))) from None
    return ServiceChecks(
        readiness=_find_ready_path(service.get("health") or {}),
        verification=verification,
        kind=service.get("kind") or WEB,
        has_url=bool(service.get("host") or service.get("url")),
    )


def _find_ready_path(health: Mapping[str, Any]) -> str | None:
    """The path in `readiness`, which is one, or a mapping with one; a probe of another kind or port has none."""
    probe = health.get("readiness", READINESS)
    if isinstance(probe, Mapping):
        probe = None if probe.get("port") else probe.get("http")
    return probe if isinstance(probe, str) else None


def _describe_problems(service: str, error: ValidationError) -> Iterator[str]:
    for problem in error.errors():
        key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"])
        advice = f"write {problem['ctx']['error']}" if problem["type"] == "value_error" else problem["msg"]
        yield f"verify{key} of service {service} is not usable: {advice}"
