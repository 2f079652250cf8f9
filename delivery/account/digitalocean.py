"""The questions to DigitalOcean's API that the program has no resource for: prices, what a registry holds, logins.

Not pydo, DigitalOcean's own client: it brings eleven packages, sign-in to another cloud among them, to where the
deploy credentials are, for four calls.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Self

import httpx
from pydantic import AwareDatetime, BaseModel, Field

from delivery.account.connection import TOKEN, Connection, NotFoundError, parse
from delivery.outcome import UnreachableError
from infra.source.registry_login import Login, is_temporary, parse_login

LOGIN_SECONDS = 7200  # longer than any promotion takes
COLLECTION_SECONDS = 900.0
POLL_SECONDS = 5.0
ENDED = {"succeeded", "failed", "cancelled"}


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
        self._api = Connection(variable, endpoint)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._api.close()

    def monthly_prices(self) -> dict[str, float]:
        """What a node of each size costs a month, in US dollars."""
        return {size.slug: size.price_monthly for size in self._api.list_pages("/v2/sizes", "sizes", _Size)}

    def month_to_date_usage(self) -> float:
        """What the account has used since the month began, in US dollars, without taxes."""
        reply = self._api.call("GET", "/v2/customers/my/balance")
        return float(parse(reply, "month_to_date_usage", Annotated[Decimal, Field(ge=0)]))

    def manifests(self, registry: str) -> Iterator[StoredManifest]:
        """Every manifest in every repository of a registry."""
        for repository in self._api.list_pages(
            f"/v2/registries/{registry}/repositoriesV2", "repositories", _Repository
        ):
            path = f"/v2/registries/{registry}/repositories/{repository.name.replace('/', '%2F')}/digests"
            for each in self._api.list_pages(path, "manifests", _Manifest):
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
            reply = self._api.call("GET", path, params=params)
        except NotFoundError:
            return None
        return parse_login(reply.text, server)

    def has_registry(self, name: str) -> bool:
        """Whether the account has a registry of that name."""
        try:
            self._api.call("GET", f"/v2/registries/{name}")
        except NotFoundError:
            return False
        return True

    def find_kubeconfig(self, name: str, seconds: int) -> str | None:
        """The administrator's kubeconfig of the cluster of that name; None where the account has none.

        Args:
            seconds: after which its token ends.
        """
        clusters = self._api.list_pages("/v2/kubernetes/clusters", "kubernetes_clusters", _Cluster)
        found = next((cluster for cluster in clusters if cluster.name == name), None)
        if found is None:
            return None
        path, params = f"/v2/kubernetes/clusters/{found.id}/kubeconfig", {"expiry_seconds": seconds}
        return self._api.call("GET", path, params=params).text

    def delete_manifest(self, registry: str, manifest: StoredManifest) -> None:
        """Delete a manifest with all its tags, unless it is gone; its space is free after a garbage collection."""
        name = manifest.repository.replace("/", "%2F")
        with suppress(NotFoundError):
            self._api.call("DELETE", f"/v2/registries/{registry}/repositories/{name}/digests/{manifest.digest}")

    def collect_garbage(self, registry: str) -> None:
        """Run a garbage collection to its end: until then the registry takes no push.

        Raises:
            UnreachableError: it has not ended after COLLECTION_SECONDS.
        """
        path = f"/v2/registries/{registry}/garbage-collection"
        self._api.call("POST", path, json={"type": "unreferenced blobs only"})
        deadline = time.monotonic() + COLLECTION_SECONDS
        while self._is_collecting(path):
            if time.monotonic() > deadline:
                raise UnreachableError(f"the registry still collects garbage after {COLLECTION_SECONDS:.0f} s")
            time.sleep(POLL_SECONDS)

    def _is_collecting(self, path: str) -> bool:
        """Whether one is at work: the API answers 404 when none is."""
        try:
            reply = self.ask("GET", path)
        except UnreachableError:
            return True  # the loop tries again
        if is_temporary(reply):
            return True
        return not reply.is_error and parse(reply, "garbage_collection", _Collection).status not in ENDED

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The reply, of whatever status.

        Raises:
            UnreachableError: there is none.
        """
        return self._api.ask(method, path, **request)
