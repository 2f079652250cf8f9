"""Whether a file was made by this repository's own workflow, by GitHub's attestations."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from delivery.outcome import Missing
from delivery.redaction import redacted

# What leaves evidence, and from where: a branch that anyone may push could hold another deploy.yml.
SIGNERS = "(deploy|rollback)"
BRANCHES = "(develop|main)"
SECONDS = 120


def trouble(file: Path, slug: str) -> str | None:
    """Why a file's provenance is not to be believed; None when it is.

    Args:
        file: what was attested, byte for byte.
        slug: `owner/name` of the repository whose deploy or rollback, on a protected branch and on GitHub's own
            runners, must have attested it.

    Raises:
        Missing: no GitHub CLI.
    """
    if shutil.which("gh") is None:
        raise Missing("the GitHub CLI is not on PATH, and it verifies attestations: https://cli.github.com")
    ours = re.escape(f"https://github.com/{slug}/.github/workflows/")
    identity = rf"^{ours}{SIGNERS}\.yml@refs/heads/{BRANCHES}$"
    command = ["gh", "attestation", "verify", str(file), "--repo", slug, "--cert-identity-regex", identity]
    try:
        done = subprocess.run(
            [*command, "--deny-self-hosted-runners"], capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"gh did not answer within {SECONDS} s"
    if done.returncode == 0:
        return None
    return redacted((done.stderr or done.stdout).strip()) or "gh attestation verify failed and said nothing"
