"""The container registry, by the protocol every registry speaks: what a tag or digest holds, and tags for digests.

A tag is given by writing the same manifest under another name. Pulling and pushing with a Docker Engine would write
another manifest, and with it another digest. A repository's login is its own, or else the Docker configuration's,
which has one for each host: too few for two registries of DigitalOcean.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import requests
from dxf.exceptions import DXFError

from delivery.images.docker_login import find_docker_login
from delivery.images.manifest import MEDIA_TYPES, Manifest
from delivery.images.registry_client import RegistryClient
from delivery.images.registry_errors import NOT_FOUND, describe_error, shorten
from delivery.outcome import DeliveryError, RefusedError, UnreachableError
from infra.source.registry_login import Login

CHUNK_BYTES = 2**20
WRITE_PAUSES_SECONDS = (1.0, 2.0)  # before a manifest is written again that the registry turned out not to hold


@dataclass(frozen=True)
class ImageRepository:
    """One repository of a registry: `registry.digitalocean.com/team/backend`.

    Every method raises:
        MissingError: no login, one without the right, or a Docker configuration that cannot be read.
        UnreachableError: the registry does not answer, or asks to wait too long.
        DeliveryError: its answer is something else than the protocol says.

    Attributes:
        login: who asks; None: the login of the Docker configuration for that host.
    """

    name: str
    login: Login | None = None

    def manifest(self, reference: str) -> Manifest | None:
        """What a tag or a digest holds; None where there is no such thing.

        Raises:
            DeliveryError: what it holds is not what its digest says, or no manifest.
        """
        with self._explain(reference), self._client() as client:
            reply = self._find(client, "get", f"manifests/{reference}", headers={"Accept": ", ".join(MEDIA_TYPES)})
            if reply is None:
                return None
            text, content_type = reply.content.decode(), reply.headers.get("content-type", "")
        digest = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
        if reference.startswith("sha256:") and digest != reference:
            raise DeliveryError(f"{self.name}@{reference} holds {digest}: the registry cannot be trusted")
        manifest = Manifest(digest, text, content_type.partition(";")[0].strip().lower() or None)
        try:
            _ = manifest.content
        except DeliveryError as error:
            raise DeliveryError(f"{self.name}: {reference}: {error}") from error
        return manifest

    def refuse_other(self, manifest: Manifest, tag: str) -> bool:
        """Whether a tag is the manifest's already.

        Raises:
            RefusedError: it names another image: a version is given once.
        """
        current = self.manifest(tag)
        if current is not None and current.digest != manifest.digest:
            raise RefusedError(
                f"{self.name}:{tag} is {current.digest} already, not {manifest.digest}; choose another version"
            )
        return current is not None

    def tag(self, manifest: Manifest, tag: str) -> None:
        """Give a manifest a further tag; the digest stays.

        Raises:
            RefusedError: as for `refuse_other`.
        """
        if not self.refuse_other(manifest, tag):
            self.write(manifest, tag)

    def write(self, manifest: Manifest, reference: str) -> None:
        """Write a manifest under its digest or a tag, whatever the tag was before.

        A registry that did not answer may have written it: it is asked before the same is sent again.
        """
        for pause in (*WRITE_PAUSES_SECONDS, None):
            try:
                return self._put(manifest, reference)
            except UnreachableError:
                if self._has(manifest, reference):
                    return None
                if pause is None:
                    raise
                time.sleep(pause)
        return None

    def tags(self) -> list[str]:
        """Every tag; none where there is no such repository."""
        return [str(tag) for tag in self._list("tags/list", "tags", "its tags")]

    def referrers(self, digest: str) -> list[str]:
        """Digests of the manifests whose `subject` is this one; none where the registry has no such list.

        Without the list, clients keep it themselves, under the tag `sha256-<digest>`.
        """
        what = f"the list of what refers to {digest}"
        entries = self._list(f"referrers/{digest}", "manifests", what)
        with self._explain(what):
            return [str(entry["digest"]) for entry in entries]

    def take_blobs(self, digests: Iterable[str], source: ImageRepository) -> int:
        """Copy blobs from another repository, those that are here already left out; returns how many were copied.

        They go through memory piece by piece. A blob that does not arrive whole is not kept.

        Raises:
            DeliveryError: the source does not hold what a digest says.
        """
        copied = 0
        with self._explain("its login"), source._client() as giver, self._client() as taker:
            for digest in digests:
                if self._has_blob(taker, digest):
                    continue
                try:
                    self._take_blob(digest, source, giver, taker)
                except UnreachableError:
                    if not self._has_blob(taker, digest):
                        self._take_blob(digest, source, giver, taker)
                copied += 1
        return copied

    def download_blob(self, digest: str, target: Path) -> None:
        """Write a blob to a file, which appears when it is whole.

        Raises:
            RefusedError: there is no such blob.
            DeliveryError: the registry does not hold what the digest says.
        """
        part = target.with_name(f"{target.name}.part")
        with self._explain(digest), self._client() as client, part.open("wb") as file:
            for chunk in cast("Iterable[bytes]", client.pull_blob(digest, chunk_size=CHUNK_BYTES)):
                file.write(chunk)
        part.rename(target)

    def _take_blob(self, digest: str, source: ImageRepository, giver: RegistryClient, taker: RegistryClient) -> None:
        with source._explain(digest):
            content = cast("Iterable[bytes]", giver.pull_blob(digest, chunk_size=CHUNK_BYTES))
        with self._explain(digest):
            taker.push_blob(data=content, digest=digest, check_exists=False)

    def _has_blob(self, client: RegistryClient, digest: str) -> bool:
        with self._explain(digest):
            return self._find(client, "head", f"blobs/{digest}") is not None

    def _put(self, manifest: Manifest, reference: str) -> None:
        with self._explain(reference), self._client() as client:
            # Not dxf's set_manifest: OCI manifests need not name their type.
            headers = {"Content-Type": manifest.media_type}
            client.ask("put", f"manifests/{reference}", data=manifest.text.encode(), headers=headers)

    def _has(self, manifest: Manifest, reference: str) -> bool:
        """Whether a reference is the manifest; not where the registry still does not answer."""
        try:
            current = self.manifest(reference)
        except UnreachableError:
            return False
        return current is not None and current.digest == manifest.digest

    def _list(self, path: str, key: str, what: str) -> list[Any]:
        """Every entry of a list in all its pages; none where there is no such list."""
        entries: list[Any] = []
        seen: set[str] = set()
        with self._explain(what), self._client() as client:
            while path not in seen:
                seen.add(path)
                if (reply := self._find(client, "get", path)) is None:
                    return entries
                page = reply.json()[key]
                if not isinstance(page, list | None):
                    raise TypeError(f"{key} is no list")
                entries += page or ()
                if (following := reply.links.get("next", {}).get("url")) is None:
                    return entries
                path = following
            raise ValueError(f"its pages have no end: {path} comes again")

    @staticmethod
    def _find(client: RegistryClient, method: str, path: str, **request: Any) -> requests.Response | None:
        """The reply; None where the registry answers that there is no such thing."""
        try:
            return client.ask(method, path, **request)
        except requests.HTTPError as error:
            if error.response is not None and error.response.status_code == NOT_FOUND:
                return None
            raise

    def _client(self) -> RegistryClient:
        return RegistryClient(self.name, self.login or find_docker_login(self.name.partition("/")[0]))

    @contextmanager
    def _explain(self, reference: str) -> Iterator[None]:
        """Turn what goes wrong while a reference is asked for into an error that says what to do."""
        try:
            yield
        except DeliveryError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError) as error:  # requests' own JSON error among them
            raise DeliveryError(
                f"{self.name}: the registry's answer for {reference} is not as expected: {shorten(error)}"
            ) from error
        except (requests.RequestException, DXFError) as error:
            raise describe_error(error, self.name, reference, self.login) from error
