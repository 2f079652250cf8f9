"""Signatures of images, kept beside them in the registry: made by the deploy to staging, asked for by the next one.

Keyless: cosign gets a certificate for the workflow's own identity, so there is no key to keep or to lose.
"""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from delivery.outcome import DeliveryError
from delivery.provenance import signer
from infra.source.registry_login import Login

ISSUER = "https://token.actions.githubusercontent.com"


def sign(image: str) -> None:
    """Sign an image, named by its digest, as the workflow that runs.

    Raises:
        MissingError: no cosign.
        DeliveryError: it did not sign; the text is its own.
    """
    if problem := _cosign("sign", "--yes", image):
        raise DeliveryError(f"{image} is not signed: {problem}")


def problem(image: str, slug: str, login: Login | None = None) -> str | None:
    """Why an image's signature is not to be believed; None when it is.

    Args:
        image: by its digest.
        slug: `owner/name` of the repository whose deploy workflow, on a protected branch, must have signed it.
        login: who asks the registry; None: whom Docker's own configuration names.

    Raises:
        MissingError: no cosign.
    """
    identity = signer.identity(slug, "deploy")
    words = ["verify", "--certificate-oidc-issuer", ISSUER, "--certificate-identity-regexp", identity, image]
    if login is None:
        return _cosign(*words)
    with _docker_configuration(image.partition("/")[0], login) as folder:
        return _cosign(*words, DOCKER_CONFIG=str(folder))


@contextmanager
def _docker_configuration(server: str, login: Login) -> Iterator[Path]:
    """A folder with that login alone, for as long as it is needed: cosign takes logins from files only."""
    auth = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:  # readable by its owner alone
        (Path(folder) / "config.json").write_text(json.dumps({"auths": {server: {"auth": auth}}}))
        yield Path(folder)


def _cosign(*words: str, **environment: str) -> str | None:
    missing = "cosign is not on PATH: https://docs.sigstore.dev/cosign/system_config/installation/"
    return signer.problem(["cosign", *words], missing, environment)
