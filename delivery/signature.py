"""Signatures of images, kept beside them in the registry: made by the deploy to staging, asked for by the next one.

Keyless: cosign gets a certificate for the workflow's own identity, so there is no key to keep or to lose.
"""

from __future__ import annotations

from delivery import signer
from delivery.outcome import DeliveryError

ISSUER = "https://token.actions.githubusercontent.com"


def sign(image: str) -> None:
    """Sign an image, named by its digest, as the workflow that runs.

    Raises:
        MissingError: no cosign.
        DeliveryError: it did not sign; the text is its own.
    """
    if problem := _cosign("sign", "--yes", image):
        raise DeliveryError(f"{image} is not signed: {problem}")


def problem(image: str, slug: str) -> str | None:
    """Why an image's signature is not to be believed; None when it is.

    Args:
        image: by its digest.
        slug: `owner/name` of the repository whose deploy workflow, on a protected branch, must have signed it.

    Raises:
        MissingError: no cosign.
    """
    identity = signer.identity(slug, "deploy")
    return _cosign("verify", "--certificate-oidc-issuer", ISSUER, "--certificate-identity-regexp", identity, image)


def _cosign(*words: str) -> str | None:
    missing = "cosign is not on PATH: https://docs.sigstore.dev/cosign/system_config/installation/"
    return signer.problem(["cosign", *words], missing)
