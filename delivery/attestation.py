"""Whether a file was made by this repository's own workflow, by GitHub's attestations."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from delivery.outcome import Missing
from delivery.redaction import redacted

SIGNER = ".github/workflows/deploy.yml"
SECONDS = 120


def trouble(file: Path, slug: str) -> str | None:
    """Why a file's provenance is not to be believed; None when it is.

    Args:
        file: what was attested, byte for byte.
        slug: `owner/name` of the repository whose deploy workflow must have attested it, on GitHub's own runners.

    Raises:
        Missing: no GitHub CLI.
    """
    if shutil.which("gh") is None:
        raise Missing("the GitHub CLI is not on PATH, and it verifies attestations: https://cli.github.com")
    command = ["gh", "attestation", "verify", str(file), "--repo", slug, "--signer-workflow", f"{slug}/{SIGNER}"]
    try:
        done = subprocess.run(
            [*command, "--deny-self-hosted-runners"], capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"gh did not answer within {SECONDS} s"
    if done.returncode == 0:
        return None
    return redacted((done.stderr or done.stdout).strip()) or "gh attestation verify failed and said nothing"
