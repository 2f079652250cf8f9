"""The questions to DigitalOcean's API that the program has no resource for: prices, what a registry holds, logins.

Not pydo, DigitalOcean's own client: it brings eleven packages, sign-in to another cloud among them, to where the
deploy credentials are, for four calls.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Self, TypeVar

import httpx
from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter

from delivery.outcome import DeliveryError, MissingError, UnreachableError
from infra.source.registry_login import TOKENS, Login, is_temporary, parse_login

API = "https://api.digitalocean.com"
TOKEN = "DIGITALOCEAN_TOKEN"  # noqa: S105 - the name of a variable
TIMEOUT_SECONDS = 30.0
RETRIES = 3
PAUSES_SECONDS = (1.0, 2.0, 4.0)  # before a question is asked again that was not answered for the moment
PAGE = 100
UNAUTHENTICATED, FORBIDDEN, NOT_FOUND = 401, 403, 404
LOGIN_SECONDS = 7200  # longer than any promotion takes
COLLECTION_SECONDS = 900.0
POLL_SECONDS = 5.0
ENDED = {"succeeded", "failed", "cancelled"}
MOST_PAGES = 1000  # of a list: more are an API that begins anew
SHOWN = 200  # characters of an answer that is something else, in an error

Entry = TypeVar("Entry", bound=BaseModel)


class NotFoundError(DeliveryError):
    """The account has no such thing."""


class _Size(BaseModel):
    slug: str
    price_monthly: float


class _Repository(BaseModel):
    name: str


class _Manifest(BaseModel):
    digest: str
    tags: list[str] | None = None
    updated_at: AwareDatetime
    size_bytes: int | None = None


class _Cluster(BaseModel):
    id: Annotated[str, Field(pattern=r"^[\w-]+$")]  # it becomes part of a path
    name: str


class _Links(BaseModel):
    pages: dict[str, str] | None = None


class _Collection(BaseModel):
    status: str


@dataclass(frozen=True)
class StoredManifest:
    """A manifest in DigitalOcean's registry: an image, an index, or what belongs to one."""

    repository: str
    digest: str
    tags: tuple[str, ...]
    updated: datetime
    size_bytes: int


class DigitalOcean:
    """The account of a token.

    Args:
        variable: of the environment, that holds the token.
        endpoint: of the API; None: DIGITALOCEAN_API_URL, or else the public one.

    Raises:
        MissingError: no token; from every call: one without the right.
        UnreachableError, DeliveryError: from every call.
    """

    def __init__(self, variable: str = TOKEN, endpoint: str | None = None) -> None:
        names = TOKENS if variable == TOKEN else (variable,)
        token = next(filter(None, map(os.environ.get, names)), None)
        if not token:
            raise MissingError(f"{variable} is not set")
        self._variable = variable
        self._http = httpx.Client(
            base_url=endpoint or os.environ.get("DIGITALOCEAN_API_URL", API),
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_SECONDS,
            transport=httpx.HTTPTransport(retries=RETRIES),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def monthly_prices(self) -> dict[str, float]:
        """What a node of each size costs a month, in US dollars."""
        return {size.slug: size.price_monthly for size in self._pages("/v2/sizes", "sizes", _Size)}

    def month_to_date_usage(self) -> float:
        """What the account has used since the month began, in US dollars, without taxes."""
        reply = self._call("GET", "/v2/customers/my/balance")
        return float(_parse(reply, "month_to_date_usage", Annotated[Decimal, Field(ge=0)]))

    def manifests(self, registry: str) -> Iterator[StoredManifest]:
        """Every manifest in every repository of a registry."""
        for repository in self._pages(f"/v2/registries/{registry}/repositoriesV2", "repositories", _Repository):
            path = f"/v2/registries/{registry}/repositories/{repository.name.replace('/', '%2F')}/digests"
            for each in self._pages(path, "manifests", _Manifest):
                tags, size = tuple(each.tags or ()), each.size_bytes or 0
                yield StoredManifest(repository.name, each.digest, tags, each.updated_at, size)

    def registry_login(self, registry: str, server: str, *, write: bool) -> Login | None:
        """A login to a registry for LOGIN_SECONDS; None where the account has no such registry, or none there.

        Args:
            server: see `infra.source.registry_login.parse_login`.
            write: whether it may push.
        """
        path = f"/v2/registries/{registry}/docker-credentials"
        params = {"read_write": str(write).lower(), "expiry_seconds": LOGIN_SECONDS}
        try:
            reply = self._call("GET", path, params=params)
        except NotFoundError:
            return None
        return parse_login(reply.text, server)

    def has_registry(self, name: str) -> bool:
        """Whether the account has a registry of that name."""
        try:
            self._call("GET", f"/v2/registries/{name}")
        except NotFoundError:
            return False
        return True

    def find_kubeconfig(self, name: str) -> str | None:
        """The kubeconfig of the cluster of that name; None where the account has none. Its token ends by itself."""
        clusters = self._pages("/v2/kubernetes/clusters", "kubernetes_clusters", _Cluster)
        found = next((cluster for cluster in clusters if cluster.name == name), None)
        return self._call("GET", f"/v2/kubernetes/clusters/{found.id}/kubeconfig").text if found else None

    def delete_manifest(self, registry: str, manifest: StoredManifest) -> None:
        """Delete a manifest with all its tags, unless it is gone; its space is free after a garbage collection."""
        name = manifest.repository.replace("/", "%2F")
        with suppress(NotFoundError):
            self._call("DELETE", f"/v2/registries/{registry}/repositories/{name}/digests/{manifest.digest}")

    def collect_garbage(self, registry: str) -> None:
        """Run a garbage collection to its end: until then the registry takes no push.

        Raises:
            UnreachableError: it has not ended after COLLECTION_SECONDS.
        """
        path = f"/v2/registries/{registry}/garbage-collection"
        self._call("POST", path, json={"type": "unreferenced blobs only"})
        deadline = time.monotonic() + COLLECTION_SECONDS
        while self._is_collecting(path):
            if time.monotonic() > deadline:
                raise UnreachableError(f"the registry still collects garbage after {COLLECTION_SECONDS:.0f} s")
            time.sleep(POLL_SECONDS)

    def _is_collecting(self, path: str) -> bool:
        """Whether one is at work: the API answers 404 when none is."""
        try:
            reply = self._http.get(path)
        except httpx.HTTPError:
            return True  # asked again
        if is_temporary(reply):
            return True
        return not reply.is_error and _parse(reply, "garbage_collection", _Collection).status not in ENDED

    def _pages(self, path: str, key: str, entry: type[Entry]) -> Iterator[Entry]:
        for page in range(1, MOST_PAGES + 1):
            reply = self._call("GET", path, params={"page": page, "per_page": PAGE})
            content = _parse(reply, key, list[entry] | None)  # type: ignore[valid-type]
            yield from content or ()
            links = _parse(reply, "links", _Links | None, optional=True)
            if links is None or not (links.pages or {}).get("next"):
                return
        raise DeliveryError(f"DigitalOcean's list {path} has no end after {MOST_PAGES} pages")

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The reply, of whatever status.

        Raises:
            UnreachableError: there is none.
        """
        try:
            return self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise UnreachableError(f"DigitalOcean does not answer {method} {path}: {error}") from error

    def _call(self, method: str, path: str, **request: Any) -> httpx.Response:
        reply = self.ask(method, path, **request)
        for pause in PAUSES_SECONDS if method == "GET" else ():
            if not is_temporary(reply):
                break
            time.sleep(pause)
            reply = self.ask(method, path, **request)
        said = f"DigitalOcean answers {reply.status_code} to {method} {path}"
        if reply.status_code == UNAUTHENTICATED:
            raise MissingError(
                f"{said}: {self._variable} is mistyped, revoked or expired (docs/runbook.md, 'Expired token')"
            )
        if reply.status_code == FORBIDDEN:
            raise MissingError(f"{said}: {self._variable} lacks the right")
        if reply.status_code == NOT_FOUND:
            raise NotFoundError(said)
        if is_temporary(reply):
            raise UnreachableError(f"{said}: {reply.text[:SHOWN]}")
        if reply.is_error:
            raise DeliveryError(f"{said}: {reply.text[:SHOWN]}")
        return reply


def _parse(reply: httpx.Response, key: str, kind: Any, *, optional: bool = False) -> Any:
    """What an answer has under a key.

    Args:
        optional: whether the key may be absent, which is None then.

    Raises:
        DeliveryError: it is something else.
    """
    try:
        content = reply.json()
        return TypeAdapter(kind).validate_python(content.get(key) if optional else content[key])
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:  # ValidationError among them
        begin = " ".join(reply.text[:SHOWN].split())
        raise DeliveryError(
            f"DigitalOcean's answer to {reply.request.url.path} has no {key} as expected; it begins with {begin!r}"
        ) from error
