"""The facts that an approver relies on, established without a secret: before anyone is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from delivery.github.branches import read_branches
from delivery.provenance import evidence
from delivery.provenance.evidence import RELEASE_FILE, Evidence
from delivery.stack.commits import is_merged, is_older
from delivery.stack.pulumi_stack import PulumiStack
from delivery.verification.service_checks import ServiceChecks, read_service_checks
from delivery.verification.smoke import CheckError, read_version
from infra.config.verification import VersionRequest

REQUEST_SECONDS = 15.0
STAGING = "staging"


@dataclass(frozen=True)
class Fact:
    """One condition of a promotion; `holds` is None where it is unknown, and that does not stop it."""

    name: str
    holds: bool | None
    detail: str


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What a promotion depends on.

    Attributes:
        release: its commit, whole.
        staged: the folder with the evidence of staging's last deploy.
        live: the evidence of production's last deploy; None when there was none, or it is too old to be kept.
        provenance: why a file's provenance is not to be believed, or None; None itself where the repository's plan
            has no attestations.
    """

    release: str
    staged: Path
    live: Evidence | None
    provenance: Callable[[Path], str | None] | None
    checkout: Path = Path()

    def facts(self) -> list[Fact]:
        """Every fact, one after another whatever became of the one before.

        Raises:
            MissingError, DeliveryError: there is no evidence of staging at all.
        """
        staged = evidence.read(self.staged)
        return [
            self._merged(),
            self._same_release(staged),
            self._tested(staged),
            *self._answers(staged),
            *self._images(staged),
            *self._origins(staged),
            self._newer(),
        ]

    def _merged(self) -> Fact:
        merged = is_merged(self.release, self.checkout)
        detail = f"part of {'one of' if merged else 'neither of'} {', '.join(read_branches(self.checkout).remote)}"
        return Fact("merged", merged, detail)

    def _same_release(self, staged: Evidence) -> Fact:
        same = staged.release == self.release and staged.stack == STAGING
        wanted = "" if same else f", not {self.release[:12]}"
        return Fact(
            "staging carries it",
            same,
            f"{staged.stack} runs {staged.release[:12]} since {staged.at:%F %H:%M}{wanted}",
        )

    def _tested(self, staged: Evidence) -> Fact:
        said = "passed" if staged.checked else "did not pass"
        return Fact("staging was verified", staged.checked, f"health checks and smoke tests {said}: {staged.run}")

    def _answers(self, staged: Evidence) -> Iterator[Fact]:
        """What staging itself says that it runs, now."""
        checks = read_service_checks(PulumiStack(STAGING, self.checkout).configuration(self.release))
        for name, service in sorted(staged.services.items()):
            if service.url is None:
                continue
            if (version := checks.get(name, ServiceChecks()).verification.version) is None:
                yield Fact(f"{name} answers", None, "its `verify` names no place that says its version")
            else:
                yield self._compare_version(name, service.url, version, service.tag)

    def _compare_version(self, name: str, url: str, version: VersionRequest, tag: str) -> Fact:
        try:
            with httpx.Client(base_url=url, timeout=REQUEST_SECONDS) as client:
                runs = read_version(client, version)
        except (httpx.HTTPError, CheckError) as error:
            return Fact(f"{name} answers", holds=False, detail=f"{url}{version.path}: {error}")
        return Fact(f"{name} answers", runs == tag, f"{url} runs {runs}")

    def _images(self, staged: Evidence) -> Iterator[Fact]:
        for name, service in sorted(staged.services.items()):
            file = self.staged / f"{name}.manifest.json"
            held = "sha256:" + hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "no manifest"
            yield Fact(
                f"{name} image", held == service.digest, f"{service.image}" if held == service.digest else held
            )

    def _origins(self, staged: Evidence) -> Iterator[Fact]:
        if self.provenance is None:
            yield Fact("provenance", None, "no attestations here; the signature is checked before the update")
            return
        for name in [RELEASE_FILE, *(f"{service}.manifest.json" for service in sorted(staged.services))]:
            problem = self.provenance(self.staged / name)
            yield Fact(f"provenance of {name}", problem is None, problem or "attested by this repository's deploy")

    def _newer(self) -> Fact:
        if self.live is None:
            return Fact("newer than production", None, "no evidence of production: its own state decides")
        runs = f"production runs {self.live.version or self.live.release[:12]}"
        return Fact("newer than production", not is_older(self.release, self.live.release, self.checkout), runs)


def table(facts: list[Fact]) -> str:
    """The facts as Markdown."""
    signs = {True: "✅", False: "❌", None: "·"}
    rows = [f"| {signs[fact.holds]} | {fact.name} | {_cell(fact.detail)} |" for fact in facts]
    return "\n".join(["| | fact | seen |", "|---|---|---|", *rows]) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
