"""The container registry, by the protocol every registry speaks: what a tag or digest holds, and tags for digests.

A tag is given by writing the same manifest under another name. Pulling and pushing with a Docker Engine would write
another manifest, and with it another digest. Logins are those of the Docker configuration (`docker login`, `doctl
registry login`).
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

import docker.auth
import requests
from dxf import DXF, DXFBase
from dxf.exceptions import DXFError

from delivery.outcome import DeliveryError, MissingError, RefusedError, UnreachableError

TIMEOUT_SECONDS = 30.0
LOOPBACK = ("127.0.0.1", "localhost")
REFUSED = {401, 403}
NOT_FOUND = 404


@dataclass(frozen=True)
class Manifest:
    """An image's manifest, byte for byte.

    Attributes:
        text: JSON as the registry holds it; its SHA-256 is the digest.
    """

    digest: str
    text: str


@dataclass(frozen=True)
class Repository:
    """One repository of a registry: `registry.digitalocean.com/team/backend`."""

    name: str

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
        if self.refuse_other(manifest, tag):
            return
        try:
            with self._client() as client:
                client.set_manifest(tag, manifest.text)
        except (requests.RequestException, DXFError) as error:
            raise self._explained(error, tag) from error

    def _client(self) -> DXF:
        host, _, path = self.name.partition("/")
        insecure = host.rpartition(":")[0] in LOOPBACK
        login = docker.auth.load_config().resolve_authconfig(host) or {}

        def authenticate(client: DXFBase, response: requests.Response) -> None:
            if insecure:  # dxf refuses to log in without TLS; on loopback nobody listens in
                words = f"{login.get('username')}:{login.get('password')}"
                client._headers = {"Authorization": "Basic " + base64.b64encode(words.encode()).decode()}  # noqa: SLF001
            else:
                client.authenticate(login.get("username"), login.get("password"), response=response)

        return DXF(host, path, auth=authenticate if login else None, insecure=insecure, timeout=TIMEOUT_SECONDS)

    def _explained(self, error: Exception, reference: str) -> DeliveryError:
        response = getattr(error, "response", None)
        if (response is not None and response.status_code in REFUSED) or isinstance(error, DXFError):
            return MissingError(f"{self.name}: no right to {reference}; log in first: `doctl registry login`")
        return UnreachableError(f"{self.name}: the registry does not answer for {reference}: {error}")
