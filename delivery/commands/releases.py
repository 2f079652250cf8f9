"""Commands about what runs: `release`, `deploy`, `promote`, `rollback`, `unstick`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from delivery import evidence, images, rollback, signature, workflow_run
from delivery.commands import options as shared
from delivery.commits import PROTECTED, commit, is_merged
from delivery.deploy import Deployment
from delivery.github import Repository
from delivery.history import each_deployed, version_of
from delivery.outcome import MissingError, RefusedError, RolledBackError, Status
from delivery.promote import Promotion
from delivery.pulumi_stack import Outputs, PulumiStack
from delivery.stack_registry import StackRegistry
from delivery.transfer import Transfer
from delivery.unstick import Run, unstick
from delivery.verification import Verification

# Workflows whose runs change a stack, and so may hold its lock.
DEPLOYING = frozenset({"deploy.yml", "rollback.yml"})
STACKS = ("staging", "prod")
SHOWN = 5  # releases of a stack's history


def add(commands: Any) -> None:
    """Declare the commands."""
    parser = commands.add_parser("release", help="what runs where, by commit, version, digest and time")
    parser.add_argument("--stack", action="append", help="only these; default: staging and prod")
    parser.add_argument("--config-file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--history", type=int, default=SHOWN, metavar="N", help=f"releases to list ({SHOWN})")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(run=release)

    parser = commands.add_parser(
        "deploy", help="deploy a release to a stack, verified; the last good one returns if it fails"
    )
    shared.stack(parser)
    parser.add_argument("--release", default="HEAD", metavar="REVISION", help="commit, tag or branch (HEAD)")
    shared.verification(parser)
    shared.repository(parser)
    parser.set_defaults(run=deploy)

    parser = commands.add_parser("promote", help="take to prod the digests that staging runs, under a version")
    parser.add_argument("--release", default="HEAD", metavar="REVISION", help="what staging must run (HEAD)")
    parser.add_argument("--version", metavar="vX.Y.Z", help="default: the release's own tag")
    parser.add_argument("--source", default="staging", help="the stack to take it from (staging)")
    parser.add_argument(
        "--staged", type=Path, metavar="FOLDER", help="evidence of what it runs, instead of its state"
    )
    parser.add_argument("--signed", action="store_true", help="refuse images that our deploy workflow did not sign")
    parser.add_argument("--stack", default="prod", help="the stack to deploy to (prod)")
    parser.add_argument("--config-file", type=Path, help="instead of the target's stack file")
    shared.verification(parser)
    shared.repository(parser)
    parser.set_defaults(run=promote)

    parser = commands.add_parser("rollback", help="run an earlier release again, from `pulumi stack history`")
    shared.stack(parser)
    parser.add_argument("--to", required=True, metavar="SHA|VERSION|previous", help="which one")
    parser.add_argument("--dry-run", action="store_true", help="say which one, and that its images are there")
    parser.add_argument(
        "--allow-destructive", action="store_true", help="even if what holds data is replaced or deleted"
    )
    parser.add_argument("--accept-dangers", dest="allow_destructive", action="store_true", help=argparse.SUPPRESS)
    shared.verification(parser)
    shared.repository(parser)
    parser.set_defaults(run=roll_back)

    parser = commands.add_parser("resolve", help="the commit and version that a revision means, for a workflow")
    parser.add_argument("revision", help="commit, tag or branch")
    parser.add_argument("--merged", action="store_true", help="refuse what is part of no protected branch")
    parser.set_defaults(run=resolve)

    parser = commands.add_parser("sign", help="sign every image that the evidence names, as the workflow that runs")
    parser.add_argument("evidence", type=Path)
    parser.set_defaults(run=sign)

    parser = commands.add_parser("unstick", help="who holds a stack's lock, is that run alive, and what follows")
    shared.stack(parser)
    shared.repository(parser)
    parser.add_argument("--apply", action="store_true", help="apply the changes (default: dry run)")
    parser.set_defaults(run=free)


def release(options: argparse.Namespace) -> Status:
    """Print what each stack runs."""
    found = {}
    for name in options.stack or STACKS:
        stack = PulumiStack(name, config_file=options.config_file)
        found[name] = (stack.outputs(), list(islice(each_deployed(stack.history(), stack.checkout), options.history)))
    if options.json:
        print(
            json.dumps({name: _facts(outputs, ran) for name, (outputs, ran) in found.items()}, indent=2, default=str)
        )
        return Status.OK
    for name, (outputs, ran) in found.items():
        if outputs is None:
            print(f"{name}: nothing runs")
            continue
        print(f"{name}: {outputs.release[:12]} {version_of(outputs.release) or '(no version)'}")
        for service, facts in outputs.services.items():
            print(f"  {service}: {facts.tag} {facts.digest} {facts.url or ''}".rstrip())
        for entry in ran:
            result = "" if entry.succeeded else "  FAILED"
            version = entry.version or ""
            print(f"    {entry.at:%Y-%m-%d %H:%M} {entry.sha[:12]} {version:9} {entry.by}{result}  {entry.message}")
    return Status.OK


def deploy(options: argparse.Namespace) -> Status:
    """Deploy a release to a stack."""
    stack = shared.chosen_stack(options)
    sha = commit(options.release)
    return _done(options, stack, lambda: _deployment(options, stack).deploy(sha))


def promote(options: argparse.Namespace) -> Status:
    """Take what one stack runs to the next one."""
    target = shared.chosen_stack(options)
    sha = commit(options.release)
    staged = _staged(options.staged) if options.staged else PulumiStack(options.source).outputs()
    origin, own = (
        StackRegistry.of(each.name, each.configuration(sha)) for each in (PulumiStack(options.source), target)
    )
    transfer = Transfer(origin, own)
    promotion = Promotion(
        source=options.source, staged=staged, target=_deployment(options, target), transfer=transfer
    )
    if options.signed:
        slug = Repository.from_environment(options.repo).slug
        promotion = replace(promotion, verify_image=lambda image, login: signature.problem(image, slug, login))
    return _done(options, target, lambda: promotion.promote(sha, options.version), options.version)


def roll_back(options: argparse.Namespace) -> Status:
    """Run an earlier release again."""
    stack = shared.chosen_stack(options)
    target = rollback.chosen(stack, options.to)
    if options.dry_run:
        held = images.manifests(stack, target.sha)
        print(f"{stack.name} would go back to {target.sha[:12]} {target.version or ''} of {target.at:%Y-%m-%d %H:%M}")
        for name, manifest in held.items():
            print(f"  {name}: {manifest.digest}")
        return Status.OK
    return _done(
        options,
        stack,
        lambda: rollback.roll_back(_deployment(options, stack), target, allow_destructive=options.allow_destructive),
    )


def resolve(options: argparse.Namespace) -> Status:
    """Print and set as outputs what a revision means."""
    sha = commit(options.revision)
    if options.merged and not is_merged(sha):
        raise RefusedError(
            f"{sha[:12]} is part of neither of {', '.join(PROTECTED)}: only what was merged is deployed"
        )
    for name, value in (("release", sha), ("version", version_of(sha) or "")):
        print(f"{name}={value}")
        workflow_run.output(name, value)
    return Status.OK


def sign(options: argparse.Namespace) -> Status:
    """Sign what runs."""
    for name, service in evidence.read(options.evidence).services.items():
        signature.sign(service.image)
        print(f"{name}: {service.image} is signed")
    return Status.OK


def free(options: argparse.Namespace) -> Status:
    """Say who holds a stack, and free it when that may be."""
    stack = shared.chosen_stack(options)
    is_free = unstick(stack, _working(options), workflow_run.run_id(), apply=options.apply, say=print)
    return Status.OK if is_free else Status.FAILED


def _deployment(options: argparse.Namespace, stack: PulumiStack) -> Deployment:
    def free_it() -> bool:
        return unstick(stack, _working(options), workflow_run.run_id(), apply=True, say=print)

    verify = Verification(stack, timeout=options.timeout, urls=shared.urls(options))
    return Deployment(stack=stack, verify=verify, refuse=verify.refuse, free=free_it)


def _staged(folder: Path) -> Outputs:
    seen = evidence.read(folder)
    return Outputs(release=seen.release, services=seen.services)


def _working(options: argparse.Namespace) -> list[Run] | None:
    """The runs that may hold a lock; None where GitHub cannot be asked."""
    try:
        return Repository.from_environment(options.repo).working(DEPLOYING)
    except MissingError:
        return None


def _done(
    options: argparse.Namespace, stack: PulumiStack, act: Callable[[], Outputs | None], version: str | None = None
) -> Status:
    """Act, then say in the run's summary what became of it, and leave evidence of what runs."""
    try:
        outputs = act()
    except RolledBackError as error:
        workflow_run.summarize(f"### ↩️ {stack.name}\n\n{error}")
        if options.evidence and (live := stack.outputs()):
            _leave(options, stack, live, version_of(live.release))
        raise
    workflow_run.output("released", str(outputs is not None).lower())
    if outputs is None:
        workflow_run.summarize(f"### {stack.name} runs a newer release: nothing to do")
        return Status.OK
    version = version or version_of(outputs.release)
    lines = [f"### ✅ {stack.name} runs `{outputs.release[:12]}` {version or ''}", ""]
    lines += [
        f"- `{name}` `{facts.tag}` `{facts.digest}` {facts.url or ''}" for name, facts in outputs.services.items()
    ]
    workflow_run.summarize("\n".join(lines))
    if options.evidence:
        _leave(options, stack, outputs, version)
    return Status.OK


def _leave(options: argparse.Namespace, stack: PulumiStack, outputs: Outputs, version: str | None) -> None:
    facts = evidence.of(outputs, stack.name, version, workflow_run.url(), checked=True)
    for file in evidence.written(options.evidence, facts, images.login(stack, outputs.release)):
        print(f"evidence: {file}")


def _facts(outputs: Outputs | None, ran: list[Any]) -> dict[str, Any]:
    return {
        "release": outputs and outputs.release,
        "version": outputs and version_of(outputs.release),
        "services": outputs and {name: facts.model_dump() for name, facts in outputs.services.items()},
        "history": [vars(entry) for entry in ran],
    }
