"""Commands about what runs: show, deploy, promote, roll back, resolve, sign, unstick."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from delivery import rollback
from delivery.deploy import Deployment
from delivery.github import workflow_run
from delivery.github.client import GitHubRepository, Run
from delivery.images import release_images
from delivery.images.stack_registry import StackRegistry
from delivery.images.transfer import Transfer
from delivery.outcome import MissingError, RefusedError, Report, RolledBackError, Status
from delivery.promote import Promotion
from delivery.provenance import signatures
from delivery.provenance.evidence import describe_release, read_evidence, write_evidence
from delivery.stack.commits import PROTECTED, commit, is_merged
from delivery.stack.history import each_deployed, version_of
from delivery.stack.pulumi_stack import Outputs, PulumiStack
from delivery.stack.unstick import unstick
from delivery.verification.healthy import TIMEOUT_SECONDS
from delivery.verification.verification import Verification

# Workflows whose runs change a stack, and so may hold its lock.
DEPLOYING = frozenset({"deploy.yml", "rollback.yml"})


@dataclass(frozen=True, kw_only=True)
class Target:
    """The stack that a command changes, and how its release is verified.

    Attributes:
        urls: where services answer, by name, if not as the stack exports.
        timeout: seconds to become healthy in.
        evidence: the folder that gets facts of what runs, for those who ask later.
        repository: `owner/name`; None: that of the workflow's run.
    """

    stack: PulumiStack
    urls: Mapping[str, str] = field(default_factory=dict)
    timeout: float = TIMEOUT_SECONDS
    evidence: Path | None = None
    repository: str | None = None

    def deployment(self) -> Deployment:
        """How this stack is deployed to."""

        def free() -> bool:
            return unstick(self.stack, self.working(), workflow_run.run_id(), apply=True, say=print)

        verify = Verification(self.stack, timeout=self.timeout, urls=self.urls)
        return Deployment(stack=self.stack, verify=verify, refuse=verify.refuse, free=free)

    def working(self) -> list[Run] | None:
        """The runs that may hold a lock; None where GitHub cannot be asked."""
        try:
            return GitHubRepository.from_environment(self.repository).working(DEPLOYING)
        except MissingError:
            return None

    def leave(self, outputs: Outputs, version: str | None) -> None:
        """Write evidence of what runs, where that was asked for."""
        if self.evidence is None:
            return
        facts = describe_release(outputs, self.stack.name, version, workflow_run.url(), checked=True)
        for file in write_evidence(self.evidence, facts, release_images.login(self.stack, outputs.release)):
            print(f"evidence: {file}")


def show(stacks: Sequence[str], config_file: Path | None, shown: int) -> Report:
    """Print what each stack runs, and the last releases that ran there."""
    facts: dict[str, Any] = {}
    for name in stacks:
        stack = PulumiStack(name, config_file=config_file)
        outputs, ran = stack.outputs(), list(islice(each_deployed(stack.history(), stack.checkout), shown))
        facts[name] = _facts(outputs, ran)
        if outputs is None:
            print(f"{name}: nothing runs")
            continue
        print(f"{name}: {outputs.release[:12]} {version_of(outputs.release) or '(no version)'}")
        for service, runs in outputs.services.items():
            print(f"  {service}: {runs.tag} {runs.digest} {runs.url or ''}".rstrip())
        for entry in ran:
            result = "" if entry.succeeded else "  FAILED"
            version = entry.version or ""
            print(f"    {entry.at:%Y-%m-%d %H:%M} {entry.sha[:12]} {version:9} {entry.by}{result}  {entry.message}")
    return Report(facts={"stacks": facts})


def deploy(target: Target, release: str) -> Report:
    """Deploy a release to a stack."""
    sha = commit(release)
    return _act(target, lambda: target.deployment().deploy(sha))


def promote(
    target: Target, release: str, *, version: str | None, source: str, staged: Path | None, signed: bool
) -> Report:
    """Take what one stack runs to the next one.

    Args:
        version: None: the release's own tag.
        staged: evidence of what the source runs, instead of its state.
        signed: whether to refuse images that our deploy workflow did not sign.
    """
    sha = commit(release)
    runs = _staged(staged) if staged else PulumiStack(source).outputs()
    origin, own = (
        StackRegistry.of(each.name, each.configuration(sha)) for each in (PulumiStack(source), target.stack)
    )
    promotion = Promotion(source=source, staged=runs, target=target.deployment(), transfer=Transfer(origin, own))
    if signed:
        slug = GitHubRepository.from_environment(target.repository).slug
        promotion = replace(promotion, verify_image=lambda image, login: signatures.verify_image(image, slug, login))
    return _act(target, lambda: promotion.promote(sha, version), version)


def roll_back(target: Target, to: str, *, dry_run: bool = False, allow_destructive: bool = False) -> Report:
    """Run an earlier release again."""
    stack = target.stack
    earlier = rollback.chosen(stack, to)
    if dry_run:
        held = release_images.manifests(stack, earlier.sha)
        print(
            f"{stack.name} would go back to {earlier.sha[:12]} {earlier.version or ''} of {earlier.at:%Y-%m-%d %H:%M}"
        )
        for name, manifest in held.items():
            print(f"  {name}: {manifest.digest}")
        digests = {name: manifest.digest for name, manifest in held.items()}
        return Report(
            facts={"stack": stack.name, "release": earlier.sha, "version": earlier.version, "digests": digests}
        )
    return _act(target, lambda: rollback.roll_back(target.deployment(), earlier, allow_destructive=allow_destructive))


def resolve(revision: str, *, merged: bool) -> Report:
    """Print and set as outputs what a revision means."""
    sha = commit(revision)
    if merged and not is_merged(sha):
        raise RefusedError(
            f"{sha[:12]} is part of neither of {', '.join(PROTECTED)}: only what was merged is deployed"
        )
    facts = {"release": sha, "version": version_of(sha) or ""}
    for name, value in facts.items():
        print(f"{name}={value}")
        workflow_run.output(name, value)
    return Report(facts=facts)


def sign(folder: Path) -> Report:
    """Sign every image that the evidence in a folder names."""
    signed = {name: service.image for name, service in read_evidence(folder).services.items()}
    for name, image in signed.items():
        signatures.sign_image(image)
        print(f"{name}: {image} is signed")
    return Report(facts={"images": signed})


def free(target: Target, *, apply: bool) -> Report:
    """Say who holds a stack, and free it when that may be."""
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        print(line)

    is_free = unstick(target.stack, target.working(), workflow_run.run_id(), apply=apply, say=say)
    status = Status.OK if is_free else Status.FAILED
    return Report(status, {"stack": target.stack.name, "free": is_free, "notes": said})


def _staged(folder: Path) -> Outputs:
    seen = read_evidence(folder)
    return Outputs(release=seen.release, services=seen.services)


def _act(target: Target, act: Callable[[], Outputs | None], version: str | None = None) -> Report:
    """Act, then say in the run's summary what became of it, and leave evidence of what runs."""
    name = target.stack.name
    try:
        outputs = act()
    except RolledBackError as error:
        workflow_run.summarize(f"### ↩️ {name}\n\n{error}")
        if target.evidence and (live := target.stack.outputs()):
            target.leave(live, version_of(live.release))
        raise
    workflow_run.output("released", str(outputs is not None).lower())
    if outputs is None:
        workflow_run.summarize(f"### {name} runs a newer release: nothing to do")
        return Report(facts={"stack": name, "released": False})
    version = version or version_of(outputs.release)
    lines = [f"### ✅ {name} runs `{outputs.release[:12]}` {version or ''}", ""]
    lines += [
        f"- `{service}` `{facts.tag}` `{facts.digest}` {facts.url or ''}"
        for service, facts in outputs.services.items()
    ]
    workflow_run.summarize("\n".join(lines))
    target.leave(outputs, version)
    return Report(facts={"stack": name, "released": True, **_running(outputs), "version": version})


def _facts(outputs: Outputs | None, ran: list[Any]) -> dict[str, Any]:
    running = _running(outputs) if outputs else {"release": None, "version": None, "services": None}
    return {**running, "history": [vars(entry) for entry in ran]}


def _running(outputs: Outputs) -> dict[str, Any]:
    services = {name: facts.model_dump() for name, facts in outputs.services.items()}
    return {"release": outputs.release, "version": version_of(outputs.release), "services": services}
