"""The facts that an approver relies on, established without a secret: before anyone is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from delivery.github.branches import read_branches
from delivery.github.markdown import cell, escape
from delivery.outcome import DeliveryError
from delivery.provenance.evidence import RELEASE_FILE, Evidence, read_evidence, read_image_digest
from delivery.stack.commits import is_merged, is_older
from delivery.stack.pulumi_stack import PulumiStack
from delivery.verification.service_checks import ServiceChecks, read_service_checks
from delivery.verification.smoke import CheckError, read_version
from infra.config.verification import VersionRequest

REQUEST_SECONDS = 15.0
STAGING, PRODUCTION = "staging", "prod"


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
        live: the folder with the evidence of production's last deploy; None when there was none, or it is too old to
            be kept.
        verify_file: returns why a file's provenance cannot be trusted, or None; None itself where the repository's
            plan has no attestations.
    """

    release: str
    staged: Path
    live: Path | None
    verify_file: Callable[[Path], str | None] | None
    checkout: Path = Path()

    def establish_facts(self) -> list[Fact]:
        """Every fact, one after another whatever became of the one before.

        Raises:
            MissingError, DeliveryError: there is no evidence of staging at all, or it is something else.
        """
        staged = read_evidence(self.staged)
        return [
            self._check_merged(),
            self._check_release(staged),
            self._check_verified(staged),
            *self._ask_services(staged),
            *self._compare_digests(staged),
            *self._check_provenance(staged),
            *self._compare_with_production(),
        ]

    def _check_merged(self) -> Fact:
        merged = is_merged(self.release, self.checkout)
        detail = f"part of {'one of' if merged else 'neither of'} {', '.join(read_branches(self.checkout).remote)}"
        return Fact("merged", merged, detail)

    def _check_release(self, staged: Evidence) -> Fact:
        same = staged.release == self.release and staged.stack == STAGING
        wanted = "" if same else f", not {self.release[:12]}"
        return Fact(
            "staging carries it",
            same,
            f"{staged.stack} runs {staged.release[:12]} since {staged.at:%F %H:%M}{wanted}",
        )

    def _check_verified(self, staged: Evidence) -> Fact:
        result = "passed" if staged.checked else "did not pass"
        return Fact("staging was verified", staged.checked, f"health checks and smoke tests {result}: {staged.run}")

    def _ask_services(self, staged: Evidence) -> Iterator[Fact]:
        """What staging itself says that it runs, now."""
        try:
            checks = read_service_checks(PulumiStack(STAGING, self.checkout).configuration(self.release))
        except DeliveryError as error:
            yield Fact("staging answers", holds=False, detail=str(error))
            return
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
        except (httpx.HTTPError, httpx.InvalidURL, CheckError) as error:
            return Fact(f"{name} answers", holds=False, detail=f"{url}{version.path}: {error}")
        return Fact(f"{name} answers", runs == tag, f"{url} runs {runs}")

    def _compare_digests(self, staged: Evidence) -> Iterator[Fact]:
        """Whether the manifest that was attested is the image that runs, by digest."""
        for name, service in sorted(staged.services.items()):
            digest = read_image_digest(self.staged, name)
            same = digest == service.digest
            yield Fact(f"{name} image", same, service.image if same else digest or "no manifest")

    def _check_provenance(self, staged: Evidence) -> Iterator[Fact]:
        if self.verify_file is None:
            yield Fact("provenance", None, "no attestations here; the signature is checked before the update")
            return
        for name in [RELEASE_FILE, *(f"{service}.manifest.json" for service in sorted(staged.services))]:
            problem = self.verify_file(self.staged / name)
            yield Fact(f"provenance of {name}", problem is None, problem or "attested by this repository's deploy")

    def _compare_with_production(self) -> Iterator[Fact]:
        """Whether production runs an older release, by evidence that is held to the same as staging's."""
        if self.live is None:
            yield Fact("newer than production", None, "no evidence of production: its own state decides")
            return
        live = read_evidence(self.live)
        if self.verify_file and (problem := self.verify_file(self.live / RELEASE_FILE)):
            yield Fact("provenance of production's release.json", holds=False, detail=problem)
            return
        if live.stack != PRODUCTION:
            yield Fact("newer than production", holds=False, detail=f"the evidence is of {live.stack}")
            return
        runs = f"production runs {live.version or live.release[:12]}"
        yield Fact("newer than production", not is_older(self.release, live.release, self.checkout), runs)


def format_facts(facts: list[Fact]) -> str:
    """The facts as Markdown."""
    signs = {True: "✅", False: "❌", None: "·"}
    rows = [f"| {signs[fact.holds]} | {escape(fact.name)} | {cell(escape(fact.detail))} |" for fact in facts]
    return "\n".join(["| | fact | seen |", "|---|---|---|", *rows]) + "\n"
