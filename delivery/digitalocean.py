"""The few questions to DigitalOcean's API that the program has no resource for: prices, and what the registry holds.

Not pydo, DigitalOcean's own client: it brings eleven packages, sign-in to another cloud among them, to where the
deploy credentials are, for four calls.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import httpx

from delivery.outcome import DeliveryError, MissingError, UnreachableError

API = "https://api.digitalocean.com"
TIMEOUT_SECONDS = 30.0
RETRIES = 3
PAGE = 100
REFUSED = {401, 403}
COLLECTION_SECONDS = 900.0
POLL_SECONDS = 5.0
ENDED = {"succeeded", "failed", "cancelled"}


@dataclass(frozen=True)
class HeldManifest:
    """An image in DigitalOcean's registry."""

    repository: str
    digest: str
    tags: tuple[str, ...]
    updated: datetime
    size_bytes: int


class DigitalOcean:
    """The account of DIGITALOCEAN_TOKEN, at DIGITALOCEAN_API_URL.

    Raises:
        MissingError: no token; from every call: one without the right.
        UnreachableError, DeliveryError: from every call.
    """

    def __init__(self) -> None:
        token = os.environ.get("DIGITALOCEAN_TOKEN") or os.environ.get("DIGITALOCEAN_ACCESS_TOKEN")
        if not token:
            raise MissingError("DIGITALOCEAN_TOKEN is not set")
        self._http = httpx.Client(
            base_url=os.environ.get("DIGITALOCEAN_API_URL", API),
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
        return {size["slug"]: float(size["price_monthly"]) for size in self._pages("/v2/sizes", "sizes")}

    def manifests(self, registry: str) -> Iterator[HeldManifest]:
        """Every image in every repository of a registry."""
        for repository in self._pages(f"/v2/registries/{registry}/repositoriesV2", "repositories"):
            name = str(repository["name"])
            path = f"/v2/registries/{registry}/repositories/{name.replace('/', '%2F')}/digests"
            for manifest in self._pages(path, "manifests"):
                updated = datetime.fromisoformat(str(manifest["updated_at"]))
                tags = tuple(manifest.get("tags") or ())
                yield HeldManifest(name, manifest["digest"], tags, updated, int(manifest.get("size_bytes") or 0))

    def delete_manifest(self, registry: str, manifest: HeldManifest) -> None:
        """Remove an image with all its tags; its space is free after the next garbage collection."""
        name = manifest.repository.replace("/", "%2F")
        self._call("DELETE", f"/v2/registries/{registry}/repositories/{name}/digests/{manifest.digest}")

    def collect_garbage(self, registry: str) -> None:
        """Run a garbage collection to its end: until then the registry takes no push.

        Raises:
            UnreachableError: it has not ended after COLLECTION_SECONDS.
        """
        path = f"/v2/registries/{registry}/garbage-collection"
        self._call("POST", path, json={"type": "unreferenced blobs only"})
        deadline = time.monotonic() + COLLECTION_SECONDS
        while self._collecting(path):
            if time.monotonic() > deadline:
                raise UnreachableError(f"the registry still collects garbage after {COLLECTION_SECONDS:.0f} s")
            time.sleep(POLL_SECONDS)

    def _collecting(self, path: str) -> bool:
        """Whether one is at work: the API answers 404 when none is."""
        try:
            reply = self._http.get(path)
        except httpx.HTTPError:
            return True  # asked again
        return not reply.is_error and reply.json()["garbage_collection"]["status"] not in ENDED

    def _pages(self, path: str, key: str) -> Iterator[Any]:
        page = 1
        while True:
            reply = self._call("GET", path, params={"page": page, "per_page": PAGE}).json()
            yield from reply[key] or ()
            if not ((reply.get("links") or {}).get("pages") or {}).get("next"):
                return
            page += 1

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
        said = f"DigitalOcean answers {reply.status_code} to {method} {path}"
        if reply.status_code in REFUSED:
            raise MissingError(f"{said}: the token lacks the right")
        if reply.is_error:
            raise DeliveryError(f"{said}: {reply.text[:200]}")
        return reply
