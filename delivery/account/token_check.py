"""Check what a DigitalOcean token may do, without changing anything in the account.

DigitalOcean has no route that lists a token's scopes. So each scope is tried on a route that asks for it:

- a read scope by a GET;
- `create` by a POST whose body no route accepts: `name` is a number;
- `update` and `delete` on something that cannot exist: an identity of zeros, the domain `slipway.invalid` (RFC 2606).

401 means that the token is unknown, revoked or expired; 403 that the scope is missing; any other answer below 500
(200, 400, 404, 409, 412, 422) that it is present. Read in public sources: a token without the scope gets 403
(DigitalOcean's API reference; github.com/digitalocean/action-doctl, issue 83: "you do not have access for the
attempted action"), and an expired one 401. An inference, not seen on the cloud: that the scope is checked before the
body and before the identity. If it is not, a missing scope looks like a present one: a deploy's token may then pass
and fail later, and a preview's token is refused. Nothing is created either way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from delivery.account.digitalocean import DigitalOcean
from delivery.outcome import DeliveryError, MissingError, UnreachableError

NOWHERE = "00000000-0000-4000-8000-000000000000"
NO_DOMAIN = "slipway.invalid"
NO_REGISTRY = "slipway-no-such-registry"
INVALID: dict[str, Any] = {"name": 0}
UNAUTHENTICATED, FORBIDDEN, TOO_MANY, NOT_IMPLEMENTED = 401, 403, 429, 501
VIEW_DATABASES = "database:view_credentials"
FIRST = {"per_page": 1}
MOST_TEXT = 200  # characters of an answer that are shown


@dataclass(frozen=True)
class Probe:
    """A request that only a token with the scope gets through, and that changes nothing."""

    method: str
    path: str


def _of_collection(path: str) -> dict[str, Probe]:
    """The usual probes by verb, where a noun has a collection and its entries."""
    return {
        "read": Probe("GET", path),
        "create": Probe("POST", path),
        "update": Probe("PUT", f"{path}/{NOWHERE}"),
        "delete": Probe("DELETE", f"{path}/{NOWHERE}"),
    }


COLLECTIONS = {
    "certificate": "/v2/certificates",
    "database": "/v2/databases",
    "domain": "/v2/domains",
    "kubernetes": "/v2/kubernetes/clusters",
    "load_balancer": "/v2/load_balancers",
    "monitoring": "/v2/monitoring/alerts",
    "tag": "/v2/tags",
    "uptime": "/v2/uptime/checks",
    "vpc": "/v2/vpcs",
}
PROBES: dict[str, Probe] = {
    **{f"{noun}:{verb}": probe for noun, path in COLLECTIONS.items() for verb, probe in _of_collection(path).items()},
    "account:read": Probe("GET", "/v2/account"),
    "actions:read": Probe("GET", "/v2/actions"),
    "droplet:read": Probe("GET", "/v2/droplets"),
    "image:read": Probe("GET", "/v2/images"),
    "regions:read": Probe("GET", "/v2/regions"),
    "sizes:read": Probe("GET", "/v2/sizes"),
    "database:update": Probe("PUT", f"/v2/databases/{NOWHERE}/resize"),
    "domain:update": Probe("PUT", f"/v2/domains/{NO_DOMAIN}/records/1"),
    "domain:delete": Probe("DELETE", f"/v2/domains/{NO_DOMAIN}"),
    "kubernetes:access_cluster": Probe("GET", f"/v2/kubernetes/clusters/{NOWHERE}/credentials"),
    # Not /v2/registry itself: its DELETE has no name in it, and would delete the registry.
    "registry:read": Probe("GET", "/v2/registries"),
    "registry:create": Probe("POST", "/v2/registries"),
    "registry:update": Probe("POST", f"/v2/registry/{NO_REGISTRY}/garbage-collection"),
    "registry:delete": Probe("DELETE", f"/v2/registry/{NO_REGISTRY}/repositories/none/digests/sha256:{'0' * 64}"),
}


@dataclass(frozen=True)
class TokenRights:
    """What a token may do of what was asked.

    Attributes:
        present, absent: scopes.
        unknown: scopes that cannot be checked: there is no database yet, or the API, an imitation, lacks the route.
    """

    present: frozenset[str]
    absent: frozenset[str]
    unknown: frozenset[str]


def find_rights(account: DigitalOcean, scopes: Iterable[str]) -> TokenRights:
    """Try each scope once; some forty requests.

    Raises:
        MissingError: the token is unknown, revoked or expired.
        UnreachableError: DigitalOcean does not answer, fails, or has its rate limit reached.
    """
    answers = {scope: _may(account, scope) for scope in sorted(scopes)}
    return TokenRights(
        present=frozenset(scope for scope, answer in answers.items() if answer),
        absent=frozenset(scope for scope, answer in answers.items() if answer is False),
        unknown=frozenset(scope for scope, answer in answers.items() if answer is None),
    )


def _may(account: DigitalOcean, scope: str) -> bool | None:
    if scope == VIEW_DATABASES:
        return _may_view_databases(account)
    probe = PROBES[scope]
    status = _try(account, probe).status_code
    return None if status == NOT_IMPLEMENTED else status != FORBIDDEN


class _Connection(BaseModel):
    password: str | None = Field(default=None, repr=False)


class _Database(BaseModel):
    connection: _Connection | None = None


class _Databases(BaseModel):
    databases: list[_Database] | None = None


def _may_view_databases(account: DigitalOcean) -> bool | None:
    """Whether passwords are shown; None where there is no database to look at, or it cannot be listed."""
    reply = account.ask("GET", PROBES["database:read"].path, params=FIRST)
    if not reply.is_success:
        return None
    try:
        databases = TypeAdapter(_Databases).validate_json(reply.content).databases or []
    except ValidationError as error:
        begin = " ".join(reply.text[:MOST_TEXT].split())
        raise UnreachableError(f"DigitalOcean's list of databases is none; it begins with {begin!r}") from error
    return bool(databases[0].connection and databases[0].connection.password) if databases else None


def _try(account: DigitalOcean, probe: Probe) -> httpx.Response:
    with_body = probe.method in {"POST", "PUT"}
    reply = account.ask(probe.method, probe.path, **({"json": INVALID} if with_body else {"params": FIRST}))
    where = f"{probe.method} {probe.path}"
    if reply.status_code == UNAUTHENTICATED:
        raise MissingError(
            "DigitalOcean does not know this token: it is mistyped, revoked or expired. "
            "Make a new one with the same scopes (docs/runbook.md, 'Expired token')"
        )
    if reply.status_code == TOO_MANY:
        raise UnreachableError("DigitalOcean's rate limit is reached (250 requests a minute); try again in a minute")
    if reply.is_server_error and reply.status_code != NOT_IMPLEMENTED:
        raise UnreachableError(f"DigitalOcean answers {reply.status_code} to {where}; try again")
    if reply.is_success and probe.method != "GET":
        raise DeliveryError(f"DigitalOcean accepted {where}, which must never happen: look at the account")
    return reply
