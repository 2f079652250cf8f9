"""Commands for what is around the releases: images, dependencies, and the repository on GitHub."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from delivery import (
    dependency_audit,
    image_check,
    image_scan,
    readiness,
    retention,
    setup_github,
    token_check,
    token_scopes,
    workflow_run,
)
from delivery.commands import options as shared
from delivery.configuration import read_configuration
from delivery.digitalocean import DigitalOcean
from delivery.gate import table
from delivery.github import Repository
from delivery.outcome import MissingError, RefusedError, Status
from delivery.retention import Kept
from delivery.stack_registry import SOURCE_TOKEN, StackRegistry
from infra.config.service import Service

MEBIBYTE = 2**20
STAGING = Path("Pulumi.staging.yaml")
STACKS = ("staging", "prod")
TOKEN_USES = {
    "preview": "the token of previews, which must be able to read only",
    "drift": "the token of the nightly comparison, which reads credentials, too",
    "cleanup": "the token that removes old images",
    "promotion": f"the token in {SOURCE_TOKEN}, with which a promotion reads staging's registry",
}


def add(commands: Any) -> None:
    """Declare the commands."""
    parser = commands.add_parser("needed", help="the images that a stack runs or could return to, for cleanup")
    shared.stack(parser)
    parser.set_defaults(run=needed)

    parser = commands.add_parser("cleanup", help="remove images that no stack runs or could return to")
    parser.add_argument("--stack", choices=STACKS, default="staging", help="whose registry (staging)")
    parser.add_argument(
        "--needed", action="append", type=Path, required=True, metavar="FILE", help="of each stack that uses it"
    )
    parser.add_argument("--apply", action="store_true", help="apply the changes (default: dry run)")
    parser.set_defaults(run=cleanup)

    parser = commands.add_parser("audit", help="known vulnerabilities of what is locked")
    parser.add_argument("project", nargs="+", type=Path, help="folders of uv projects")
    parser.add_argument("--osv-url", help="ask this service, by OSV's protocol, instead of PyPI")
    parser.set_defaults(run=audit)

    parser = commands.add_parser("judge-scan", help="whether what Trivy found in an image stops a change")
    parser.add_argument("scan", type=Path, help="of `trivy image --format json`")
    parser.set_defaults(run=judge_scan)

    parser = commands.add_parser("readiness", help="whether this commit could be released")
    parser.set_defaults(run=ready)

    parser = commands.add_parser("services", help="the services that have an image, as JSON for a workflow's matrix")
    parser.set_defaults(run=services)

    parser = commands.add_parser("verify-image", help="whether an image runs as the cluster will run it")
    parser.add_argument("image")
    parser.add_argument("--service", default="backend", help="whose port, health path and environment (backend)")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="besides the stack file's")
    parser.set_defaults(run=verify_image)

    parser = commands.add_parser("check-token", help="whether DIGITALOCEAN_TOKEN has the scopes that a stack needs")
    parser.add_argument("--stack", choices=STACKS, required=True)
    kind = parser.add_mutually_exclusive_group()
    for name, use in TOKEN_USES.items():
        kind.add_argument(f"--{name}", dest="use", action="store_const", const=name, help=use)
    parser.set_defaults(run=check_token)

    parser = commands.add_parser("setup-github", help="environments, reviewers, rules and secrets of the repository")
    parser.add_argument("--reviewer", action="append", default=[], metavar="LOGIN", help="who approves production")
    parser.add_argument("--apply", action="store_true", help="apply the changes (default: dry run)")
    shared.repository(parser)
    parser.set_defaults(run=set_up_github)


def needed(options: argparse.Namespace) -> Status:
    """Print what must stay."""
    print(retention.kept(shared.chosen_stack(options)).model_dump_json())
    return Status.OK


def cleanup(options: argparse.Namespace) -> Status:
    """Say which images may go, and remove them with --apply."""
    registry_settings = _configuration(options.stack)["slipway:registry"]
    keep = retention.together([_kept(file) for file in options.needed], registry_settings["host"])
    with DigitalOcean() as account:
        registry = registry_settings["name"]
        gone = retention.removable(account.manifests(registry), keep, datetime.now(UTC))
        for image in gone:
            print(f"{image.repository}@{image.digest} {', '.join(image.tags) or '(no tag)'} {image.updated:%F}")
            if options.apply:
                account.delete_manifest(registry, image)
        if gone and options.apply:
            account.collect_garbage(registry)
    size = sum(image.size_bytes for image in gone) / MEBIBYTE
    verb = "removed" if options.apply else "could be removed with --apply"
    workflow_run.summarize(f"{len(gone)} images of {size:.0f} MiB {verb}; {len(keep.digests)} digests run.")
    return Status.OK


def audit(options: argparse.Namespace) -> Status:
    """Print every vulnerability; status 1 when one at run time has a fix."""
    found = [entry for project in options.project for entry in dependency_audit.audit(project, options.osv_url)]
    blocking = [entry for entry in found if entry.blocking]
    lines = [f"- **{entry}**" for entry in blocking] + [f"- {entry}" for entry in found if not entry.blocking]
    workflow_run.summarize(f"### Dependencies: {len(blocking)} to fix, {len(found)} known\n\n" + "\n".join(lines))
    for entry in blocking:
        print(entry)
    return Status.FAILED if blocking else Status.OK


def judge_scan(options: argparse.Namespace) -> Status:
    """Print what stops the change, and summarise the rest; status 1 when something does."""
    found = image_scan.findings(options.scan)
    blocking = [entry for entry in found if entry.blocking]
    workflow_run.summarize(
        f"### Image: {len(blocking)} to fix, {len(found)} known\n\n" + "\n".join(f"- {entry}" for entry in found)
    )
    for entry in blocking:
        print(entry)
    return Status.FAILED if blocking else Status.OK


def ready(_: argparse.Namespace) -> Status:
    """Print every condition; status 1 when one does not hold."""
    facts = readiness.facts()
    workflow_run.summarize(f"### Deployment readiness\n\n{table(facts)}")
    for fact in facts:
        if not fact.holds:
            print(f"{fact.name}: {fact.detail}")
    return Status.OK if all(fact.holds for fact in facts) else Status.FAILED


def services(_: argparse.Namespace) -> Status:
    """Print name and folder of each."""
    found = [{"name": name, "context": entry["folder"]} for name, entry in _staging()["slipway:services"].items()]
    print(json.dumps(found))
    workflow_run.output("services", json.dumps(found))
    return Status.OK


def verify_image(options: argparse.Namespace) -> Status:
    """Start the image, ask it, stop it."""
    entries = _staging()["slipway:services"]
    if options.service not in entries:
        raise MissingError(f"{STAGING} has no service {options.service!r}; it has {', '.join(entries)}")
    service = Service.model_validate(entries[options.service])
    environment = {**service.environment, **dict(entry.split("=", 1) for entry in options.env)}
    print(
        f"{options.image}: " + image_check.check(options.image, service.port, service.health.readiness, environment)
    )
    return Status.OK


def check_token(options: argparse.Namespace) -> Status:
    """Try every scope; status 5 when one is missing, 3 when a token that must not change anything could."""
    named = {None: options.stack, "preview": f"preview-{options.stack}"}.get(options.use, options.use)
    environment = token_scopes.ENVIRONMENTS[named]
    with _account(options) as account:
        rights = token_check.find_rights(account, environment.scopes | environment.forbidden)
    if unknown := sorted(rights.unknown & environment.scopes):
        print(f"could not be checked in this account yet: {', '.join(unknown)}")
    if missing := sorted(rights.absent & environment.scopes):
        raise MissingError(
            f"the token for {named} lacks {', '.join(missing)}; docs/production.md lists what it needs"
        )
    if excess := sorted(rights.present & environment.forbidden):
        raise RefusedError(f"the token for {named} must not have {', '.join(excess)}: make one without")
    print(f"the token has all {len(environment.scopes & rights.present)} scopes that {named} needs")
    return Status.OK


def _account(options: argparse.Namespace) -> DigitalOcean:
    """The account of the token that is checked: staging's where its registry is to be read."""
    if options.use != "promotion":
        return DigitalOcean()
    return DigitalOcean(SOURCE_TOKEN, StackRegistry.of("staging", _staging()).endpoint)


def set_up_github(options: argparse.Namespace) -> Status:
    """Say what is not as it should be, and change it with --apply; status 1 when something is left for a person."""
    left = 0
    repository = Repository.from_environment(options.repo)
    for step in setup_github.steps(repository, options.reviewer, _unneeded_secrets()):
        if options.apply:
            said = setup_github.run(step)
            left += not said.startswith("done")
            print(said)
        else:
            left += 1
            print(f"{'to do' if step.apply else 'for you'}: {step.title}")
    if left == 0:
        print("everything is as it should be")
    elif not options.apply:
        print("nothing was changed; apply with --apply")
    return Status.FAILED if left else Status.OK


def _kept(file: Path) -> Kept:
    try:
        return Kept.model_validate_json(file.read_text())
    except (OSError, ValidationError) as error:
        raise MissingError(f"{file} is not what `needed` prints: {error}") from error


def _unneeded_secrets() -> set[str]:
    """Where the stacks share a registry, a promotion copies nothing."""
    hosts = {_configuration(stack)["slipway:registry"]["host"] for stack in STACKS}
    return {SOURCE_TOKEN} if len(hosts) == 1 else set()


def _staging() -> dict[str, Any]:
    return _configuration("staging")


def _configuration(stack: str) -> dict[str, Any]:
    return read_configuration(stack)
