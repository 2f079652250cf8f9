"""The container registry, by the protocol every registry speaks: what a tag or digest holds, and tags for digests.

A tag is given by writing the same manifest under another name. Pulling and pushing with a Docker Engine would write
another manifest, and with it another digest. A repository's login is its own, or else the Docker configuration's
(`docker login`, `doctl registry login`), which has one for each host: too few for two registries of DigitalOcean.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import docker.auth
import requests
from dxf import DXF, DXFBase
from dxf.exceptions import DXFDigestMismatchError, DXFError

from delivery.outcome import DeliveryError, MissingError, RefusedError, UnreachableError
from infra.runbook import describe_entry, find_entry
from infra.source.registry_login import Login

TIMEOUT_SECONDS = 30.0
LOOPBACK = ("127.0.0.1", "localhost")
REFUSED = {401, 403}
NOT_FOUND = 404
CHUNK_BYTES = 2**20
MOST_TEXT = 200  # of a reply, in an error
# https://github.com/opencontainers/image-spec/blob/main/media-types.md
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
QUERY = re.compile(r"\?\S+")  # of a URL: storage behind a registry has its signature there


@dataclass(frozen=True)
class Manifest:
    """An image's manifest, byte for byte.

    Attributes:
        text: JSON as the registry holds it; its SHA-256 is the digest.
    """

    digest: str
    text: str

    @property
    def blobs(self) -> list[str]:
        """Digests of the configuration and the layers."""
        content = self._content
        parts = [*([content["config"]] if "config" in content else []), *content.get("layers", ())]
        return [str(part["digest"]) for part in parts]

    @property
    def media_type(self) -> str:
        """The `mediaType`, which OCI manifests may omit: an index is then the one that lists manifests."""
        return str(self._content.get("mediaType") or (OCI_INDEX if "manifests" in self._content else OCI_MANIFEST))

    @property
    def children(self) -> list[str]:
        """Digests of the manifests that an index lists: one for each platform, and their attestations."""
        return [str(child["digest"]) for child in self._content.get("manifests", ())]

    @property
    def _content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.text)
        return content


@dataclass(frozen=True)
class ImageRepository:
    """One repository of a registry: `registry.digitalocean.com/team/backend`.

    Attributes:
        login: who asks; None: the login of the Docker configuration for that host.
    """

    name: str
    login: Login | None = None

    def manifest(self, reference: str) -> Manifest | None:
        """What a tag or a digest holds; None where there is no such thing.

        Raises:
            MissingError: no login, or one without the right.
            UnreachableError: the registry does not answer.
            DeliveryError: what it holds is not what its digest says.
        """
        try:
            with self._client() as client:
                text, _ = client.get_manifest_and_response(reference)
        except requests.HTTPError as error:
            if error.response is not None and error.response.status_code == NOT_FOUND:
                return None
            raise self._explained(error, reference) from error
        except (requests.RequestException, DXFError) as error:
            raise self._explained(error, reference) from error
        digest = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
        if reference.startswith("sha256:") and digest != reference:
            raise DeliveryError(f"{self.name}@{reference} holds {digest}: the registry cannot be trusted")
        return Manifest(digest, text)

    def refuse_other(self, manifest: Manifest, tag: str) -> bool:
        """Whether a tag is the manifest's already.

        Raises:
            RefusedError: it names another image: a version is given once.
            MissingError, UnreachableError: as for `manifest`.
        """
        held = self.manifest(tag)
        if held is not None and held.digest != manifest.digest:
            raise RefusedError(
                f"{self.name}:{tag} is {held.digest} already, not {manifest.digest}; choose another version"
            )
        return held is not None

    def tag(self, manifest: Manifest, tag: str) -> None:
        """Give a manifest a further tag; the digest stays.

        Raises:
            RefusedError, MissingError, UnreachableError: as for `refuse_other`.
        """
        if not self.refuse_other(manifest, tag):
            self.write(manifest, tag)

    def write(self, manifest: Manifest, reference: str) -> None:
        """Hold a manifest under its digest or a tag, whatever the tag was before.

        Raises:
            MissingError, UnreachableError: as for `manifest`.
        """
        try:
            with self._client() as client:
                # Not dxf's set_manifest: OCI manifests need not name their type.
                client._request(  # type: ignore[no-untyped-call]  # noqa: SLF001
                    "put", f"manifests/{reference}", data=manifest.text, headers={"Content-Type": manifest.media_type}
                )
        except (requests.RequestException, DXFError) as error:
            raise self._explained(error, reference) from error

    def tags(self) -> list[str]:
        """Every tag; none where there is no such repository.

        Raises:
            MissingError, UnreachableError: as for `manifest`.
        """
        try:
            with self._client() as client:
                return list(client.list_aliases())
        except requests.HTTPError as error:
            if error.response is not None and error.response.status_code == NOT_FOUND:
                return []
            raise self._explained(error, "its tags") from error
        except (requests.RequestException, DXFError) as error:
            raise self._explained(error, "its tags") from error

    def referrers(self, digest: str) -> list[str]:
        """Digests of the manifests whose `subject` is this one; none where the registry has no such list.

        Without the list, clients keep it themselves, under the tag `sha256-<digest>`.

        Raises:
            MissingError, UnreachableError: as for `manifest`.
        """
        try:
            with self._client() as client:
                # dxf has no name for it.
                reply: requests.Response = client._request("get", f"referrers/{digest}")  # type: ignore[no-untyped-call]  # noqa: SLF001
        except requests.HTTPError as error:
            if error.response is not None and error.response.status_code == NOT_FOUND:
                return []
            raise self._explained(error, digest) from error
        except (requests.RequestException, DXFError) as error:
            raise self._explained(error, digest) from error
        try:
            return [str(entry["digest"]) for entry in reply.json().get("manifests") or ()]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnreachableError(f"{self.name}: the list of what refers to {digest} is none: {error}") from error

    def take_blobs(self, digests: Iterable[str], source: ImageRepository) -> int:
        """Copy blobs from another repository, those that are here already left out; returns how many were copied.

        They go through memory piece by piece. A blob that does not arrive whole is not kept.

        Raises:
            MissingError, UnreachableError: as for `manifest`, of either.
            DeliveryError: the source does not hold what a digest says.
        """
        copied = 0
        with source._client() as giver, self._client() as taker:
            for digest in digests:
                if self._has_blob(taker, digest):
                    continue
                try:
                    content = cast("Iterable[bytes]", giver.pull_blob(digest, chunk_size=CHUNK_BYTES))
                except (requests.RequestException, DXFError) as error:
                    raise source._explained(error, digest) from error
                try:
                    taker.push_blob(data=content, digest=digest, check_exists=False)
                except (requests.RequestException, DXFError) as error:
                    raise self._explained(error, digest) from error
                copied += 1
        return copied

    def _has_blob(self, client: DXF, digest: str) -> bool:
        try:
            client.blob_size(digest)
        except requests.HTTPError as error:
            if error.response is not None and error.response.status_code == NOT_FOUND:
                return False
            raise self._explained(error, digest) from error
        except (requests.RequestException, DXFError) as error:
            raise self._explained(error, digest) from error
        return True

    def _client(self) -> DXF:
        host, _, path = self.name.partition("/")
        insecure = host.rpartition(":")[0] in LOOPBACK
        login = (
            {"username": self.login.username, "password": self.login.password}
            if self.login
            else docker.auth.load_config().resolve_authconfig(host) or {}
        )

        def authenticate(client: DXFBase, response: requests.Response) -> None:
            if insecure:  # dxf refuses to log in without TLS; on loopback nobody listens in
                words = f"{login.get('username')}:{login.get('password')}"
                client._headers = {"Authorization": "Basic " + base64.b64encode(words.encode()).decode()}  # noqa: SLF001
            else:
                client.authenticate(login.get("username"), login.get("password"), response=response)

        return DXF(host, path, auth=authenticate if login else None, insecure=insecure, timeout=TIMEOUT_SECONDS)

    def _explained(self, error: Exception, reference: str) -> DeliveryError:
        response = getattr(error, "response", None)
        status = None if response is None else response.status_code
        if isinstance(error, DXFDigestMismatchError):
            return DeliveryError(f"{self.name}: {reference} holds something else: the registry cannot be trusted")
        if response is not None and (entry := find_entry(response.text)):
            text = QUERY.sub("", response.text[:MOST_TEXT])
            return RefusedError(f"{self.name}: {text}; {describe_entry(entry)}")
        if status in REFUSED or isinstance(error, DXFError):
            advice = (
                "the login that DigitalOcean gave for it does not suffice"
                if self.login
                else "log in first: `doctl registry login`"
            )
            return MissingError(f"{self.name}: no right to {reference}; {advice}")
        if status == NOT_FOUND:
            return RefusedError(f"{self.name} does not hold {reference}")
        return UnreachableError(
            f"{self.name}: the registry does not answer for {reference}: {QUERY.sub('', str(error))}"
        )
