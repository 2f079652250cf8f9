"""Signatures and attestations: made and verified by cosign and GitHub's CLI, without a key to keep or to lose.

cosign gets a certificate for the identity of the workflow that runs. An image's signature is kept beside it in the
registry, a file's attestation by GitHub. Both count only from our own workflows, on a protected branch.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from delivery.github.branches import read_branches
from delivery.outcome import DeliveryError, MissingError, RefusedError
from delivery.redaction import redacted
from infra.source.registry_login import Login

SECONDS = 120
GITHUB = "https://github.com"
ISSUER = "https://token.actions.githubusercontent.com"
SIGNING = "deploy"  # the workflow that signs images, without `.yml`
ATTESTING = "(deploy|rollback)"  # those that attest evidence of what runs
INSTALL = {
    "cosign": "cosign is not on PATH: https://docs.sigstore.dev/cosign/system_config/installation/",
    "gh": "the GitHub CLI is not on PATH, and it verifies attestations: https://cli.github.com",
}


def sign_image(image: str) -> None:
    """Sign an image, named by its digest, as the workflow that runs.

    Raises:
        MissingError: no cosign.
        DeliveryError: it did not sign; the text is its own.
    """
    if problem := _run(["cosign", "sign", "--yes", image]):
        raise DeliveryError(f"{image} is not signed: {problem}")


def verify_image(image: str, slug: str, login: Login | None = None) -> str | None:
    """Verify the signature of an image; returns why it cannot be trusted, or None.

    Args:
        image: by its digest.
        slug: `owner/name` of the repository whose deploy workflow, on a protected branch, must have signed it.
        login: who asks the registry; None: whom Docker's own configuration names.

    Raises:
        MissingError: no cosign.
    """
    words = ["--certificate-oidc-issuer", issuer(), "--certificate-identity-regexp", identity(slug, SIGNING), image]
    if login is None:
        return _run(["cosign", "verify", *words])
    with _docker_configuration(image.partition("/")[0], login) as folder:
        return _run(["cosign", "verify", *words], {"DOCKER_CONFIG": str(folder)})


def refuse_unsigned(name: str, image: str, slug: str, login: Login | None) -> None:
    """Refuse an image of a service that our deploy workflow did not sign.

    Args:
        image, slug, login: as for `verify_image`.

    Raises:
        RefusedError: its signature cannot be trusted.
        MissingError: no cosign.
    """
    if problem := verify_image(image, slug, login):
        raise RefusedError(f"{name}: {image} is not signed by this repository's deploy: {problem}")


def verify_file(file: Path, slug: str) -> str | None:
    """Verify the attestation of a file; returns why it cannot be trusted, or None.

    Args:
        file: what was attested, byte for byte.
        slug: `owner/name` of the repository whose deploy or rollback, on a protected branch and on GitHub's own
            runners, must have attested it.

    Raises:
        MissingError: no GitHub CLI.
    """
    command = ["gh", "attestation", "verify", str(file), "--repo", slug]
    command += ["--cert-identity-regex", identity(slug, ATTESTING), "--deny-self-hosted-runners"]
    if server() == GITHUB:
        return _run(command)
    return _run([*command, "--hostname", server().partition("://")[2], "--cert-oidc-issuer", issuer()])


def identity(slug: str, workflows: str) -> str:
    """Return the regular expression of the certificate identities of our own workflows on protected branches.

    Args:
        slug: `owner/name` of the repository.
        workflows: a pattern of their file names, without `.yml`.
    """
    ours = re.escape(f"{server()}/{slug}/.github/workflows/")
    branches = "|".join(map(re.escape, sorted(read_branches().names)))
    return rf"^{ours}{workflows}\.yml@refs/heads/({branches})$"


def server() -> str:
    """The URL of GitHub, which is a company's own with GitHub Enterprise: `https://github.example.com`.

    Raises:
        MissingError: GITHUB_SERVER_URL is no such URL.
    """
    url = (os.environ.get("GITHUB_SERVER_URL") or GITHUB).rstrip("/")
    if not re.fullmatch(r"https://[A-Za-z0-9.-]+(:\d+)?", url):
        raise MissingError(f"GITHUB_SERVER_URL is {url!r}; write one such as https://github.example.com")
    return url


def issuer() -> str:
    """Who says that a workflow is the one it says.

    https://docs.github.com/en/enterprise-server/admin/configuring-settings (OpenID Connect): Enterprise Server has an
    issuer of its own below its URL, data residency (`acme.ghe.com`) one below its own domain.
    """
    if server() == GITHUB:
        return ISSUER
    host = server().partition("://")[2]
    return f"https://token.actions.{host}" if host.endswith(".ghe.com") else f"{server()}/_services/token"


@contextmanager
def _docker_configuration(registry: str, login: Login) -> Iterator[Path]:
    """A folder with that login alone, for as long as it is needed: cosign takes logins from files only."""
    auth = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:  # readable by its owner alone
        (Path(folder) / "config.json").write_text(json.dumps({"auths": {registry: {"auth": auth}}}))
        yield Path(folder)


def _run(command: list[str], environment: Mapping[str, str] = MappingProxyType({})) -> str | None:
    """Run a program that verifies or signs; returns why it refuses, in its own words without secrets, or None.

    Args:
        environment: variables of the program, beside this process's own.

    Raises:
        MissingError: there is no such program, or it does not start.
    """
    program = command[0]
    if shutil.which(program) is None:
        raise MissingError(INSTALL[program])
    try:
        result = subprocess.run(
            command,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"{program} did not answer within {SECONDS} s"
    except OSError as error:
        raise MissingError(f"{program} does not start: {error}") from error
    if result.returncode == 0:
        return None
    return redacted((result.stderr or result.stdout).strip()) or f"{program} {command[1]} failed and said nothing"
