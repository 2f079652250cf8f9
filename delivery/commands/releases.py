"""Commands about what runs: show, deploy, promote, resolve, sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from delivery.commands.target import Target, describe_outputs, run_change
from delivery.github.client import GitHubRepository
from delivery.images.stack_registry import StackRegistry
from delivery.images.transfer import Transfer
from delivery.outcome import Report
from delivery.promote import Promotion
from delivery.provenance import signatures
from delivery.provenance.evidence import read_evidence
from delivery.stack.commits import require_commit
from delivery.stack.history import DeployedRelease, find_version, iterate_releases
from delivery.stack.hold import read_restrictions
from delivery.stack.outputs import Outputs
from delivery.stack.pulumi_stack import PulumiStack


@dataclass(frozen=True, kw_only=True)
class DeployRequest:
    """What to deploy where.

    Attributes:
        release: commit, tag or branch.
        automatic: whether no person named the release.
        allow_unmerged: whether it may be part of no protected branch.
    """

    target: Target
    release: str
    automatic: bool = False
    allow_unmerged: bool = False


@dataclass(frozen=True, kw_only=True)
class PromoteRequest:
    """What to promote where.

    Attributes:
        target, release, automatic: as for `DeployRequest`.
        version: the tag that images get; None: the release's own.
        source: the stack to take it from.
        staged: evidence of what the source runs, instead of its state.
        signed: whether to refuse images that our deploy workflow did not sign.
    """

    target: Target
    release: str
    version: str | None = None
    source: str = "staging"
    staged: Path | None = None
    signed: bool = False
    automatic: bool = False


def show(stacks: Sequence[str], config_file: Path | None, length: int) -> Report:
    """Print what each stack runs, what keeps deploys from it, and the last releases that ran there.

    Args:
        length: how many of the last releases.
    """
    facts: dict[str, Any] = {}
    for name in stacks:
        stack = PulumiStack(name, config_file=config_file)
        outputs = stack.outputs()
        releases = list(islice(iterate_releases(stack.history(), stack.checkout), length))
        restrictions = read_restrictions(stack)
        running = describe_outputs(outputs) if outputs else {"release": None, "version": None, "services": None}
        facts[name] = {**running, **restrictions.facts(), "history": [vars(release) for release in releases]}
        version = outputs and (find_version(outputs.release) or "(no version)")
        print(f"{name}: {outputs.release[:12]} {version}" if outputs else f"{name}: nothing runs")
        for sentence in restrictions.describe(name):
            print(f"  ! {sentence}")
        if outputs:
            _print_running(outputs, releases)
    return Report(facts={"stacks": facts})


def _print_running(outputs: Outputs, releases: Sequence[DeployedRelease]) -> None:
    for service, runs in outputs.services.items():
        print(f"  {service}: {runs.tag} {runs.digest} {runs.url or ''}".rstrip())
    for service, canary in outputs.canary.items():
        print(
            f"  {service}: a canary of {canary.tag} has {canary.percent} % of its requests; the next update ends it: "
            "docs/runbook.md, 'Canary left running'"
        )
    for entry in releases:
        result = "" if entry.succeeded else "  FAILED"
        later = "  ROLLED BACK" if entry.succeeded and entry.rolled_back else ""
        version = entry.version or ""
        print(
            f"    {entry.at:%Y-%m-%d %H:%M} {entry.sha[:12]} {version:9} {entry.by}{result}  {entry.message}{later}"
        )


def deploy(request: DeployRequest) -> Report:
    """Deploy a release to a stack."""
    sha = require_commit(request.release)
    deployment = request.target.deployment(automatic=request.automatic, allow_unmerged=request.allow_unmerged)
    return run_change(request.target, lambda: deployment.deploy(sha))


def promote(request: PromoteRequest) -> Report:
    """Take what one stack runs to the next one."""
    target, sha = request.target, require_commit(request.release)
    return run_change(target, lambda: _make_promotion(request, sha).promote(sha, request.version), request.version)


def _make_promotion(request: PromoteRequest, sha: str) -> Promotion:
    target, source = request.target, PulumiStack(request.source)
    runs = read_evidence(request.staged).outputs if request.staged else source.outputs()
    origin, own = (StackRegistry.of(each.name, each.configuration(sha)) for each in (source, target.stack))
    return Promotion(
        source=request.source,
        staged=runs,
        target=target.deployment(automatic=request.automatic),
        transfer=Transfer(origin, own),
        signed_by=GitHubRepository.from_environment(target.repository).slug if request.signed else None,
    )


def sign(folder: Path) -> Report:
    """Sign every image that the evidence in a folder names."""
    images = {name: service.image for name, service in read_evidence(folder).services.items()}
    for name, image in images.items():
        signatures.sign_image(image)
        print(f"{name}: {image} is signed")
    return Report(facts={"images": images})
