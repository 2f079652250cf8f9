"""Whether a file was made by this repository's own workflow, by GitHub's attestations."""

from __future__ import annotations

from pathlib import Path

from delivery.provenance import signer

WORKFLOWS = "(deploy|rollback)"  # what leaves evidence


def problem(file: Path, slug: str) -> str | None:
    """Why a file's provenance is not to be believed; None when it is.

    Args:
        file: what was attested, byte for byte.
        slug: `owner/name` of the repository whose deploy or rollback, on a protected branch and on GitHub's own
            runners, must have attested it.

    Raises:
        MissingError: no GitHub CLI.
    """
    identity = signer.identity(slug, WORKFLOWS)
    command = ["gh", "attestation", "verify", str(file), "--repo", slug, "--cert-identity-regex", identity]
    return signer.problem(
        [*command, "--deny-self-hosted-runners"],
        "the GitHub CLI is not on PATH, and it verifies attestations: https://cli.github.com",
    )
