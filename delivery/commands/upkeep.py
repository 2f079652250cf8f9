"""Commands for what is around the releases: images, dependencies, and the repository on GitHub."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from delivery import dependency_audit
from delivery.account import token_check, token_scopes
from delivery.account.digitalocean import DigitalOcean
from delivery.github import workflow_run
from delivery.images import image_check, image_scan, retention
from delivery.images.retention import Kept
from delivery.images.stack_registry import SOURCE_TOKEN, StackRegistry
from delivery.outcome import MissingError, RefusedError, Report, Status
from delivery.provenance import readiness
from delivery.provenance.gate import table
from delivery.stack.configuration import read_configuration
from delivery.stack.pulumi_stack import PulumiStack
from infra.config.service import Service

MEBIBYTE = 2**20
STAGING = Path("Pulumi.staging.yaml")
PROMOTION = "promotion"  # what its token is for: to read staging's registry


def needed(stack: PulumiStack) -> Report:
    """Print what must stay."""
    needs = retention.kept(stack)
    print(needs.model_dump_json())
    return Report(facts=needs.model_dump(mode="json"))


def cleanup(stack: str, needs: Sequence[Path], *, apply: bool) -> Report:
    """Say which images of a stack's registry may go, and remove them with `apply`."""
    registry_settings = _configuration(stack)["slipway:registry"]
    keep = retention.together([_kept(file) for file in needs], registry_settings["host"])
    with DigitalOcean() as account:
        registry = registry_settings["name"]
        gone = retention.removable(account.manifests(registry), keep, datetime.now(UTC))
        for image in gone:
            print(f"{image.repository}@{image.digest} {', '.join(image.tags) or '(no tag)'} {image.updated:%F}")
            if apply:
                account.delete_manifest(registry, image)
        if gone and apply:
            account.collect_garbage(registry)
    size = sum(image.size_bytes for image in gone) / MEBIBYTE
    verb = "removed" if apply else "could be removed with --apply"
    workflow_run.summarize(f"{len(gone)} images of {size:.0f} MiB {verb}; {len(keep.digests)} digests run.")
    images = [f"{image.repository}@{image.digest}" for image in gone]
    return Report(facts={"images": images, "mebibytes": round(size), "removed": apply})


def audit(projects: Sequence[Path], osv_url: str | None) -> Report:
    """Print every vulnerability; status 1 when one at run time has a fix."""
    found = [entry for project in projects for entry in dependency_audit.audit(project, osv_url)]
    blocking = [entry for entry in found if entry.blocking]
    lines = [f"- **{entry}**" for entry in blocking] + [f"- {entry}" for entry in found if not entry.blocking]
    workflow_run.summarize(f"### Dependencies: {len(blocking)} to fix, {len(found)} known\n\n" + "\n".join(lines))
    for entry in blocking:
        print(entry)
    return _judgement(blocking, found)


def judge_scan(scan: Path) -> Report:
    """Print what stops the change, and summarise the rest; status 1 when something does."""
    found = image_scan.findings(scan)
    blocking = [entry for entry in found if entry.blocking]
    workflow_run.summarize(
        f"### Image: {len(blocking)} to fix, {len(found)} known\n\n" + "\n".join(f"- {entry}" for entry in found)
    )
    for entry in blocking:
        print(entry)
    return _judgement(blocking, found)


def _judgement(blocking: Sequence[object], found: Sequence[object]) -> Report:
    facts = {"blocking": [str(entry) for entry in blocking], "known": [str(entry) for entry in found]}
    return Report(Status.FAILED if blocking else Status.OK, facts)


def ready() -> Report:
    """Print every condition; status 1 when one does not hold."""
    facts = readiness.facts()
    workflow_run.summarize(f"### Deployment readiness\n\n{table(facts)}")
    for fact in facts:
        if not fact.holds:
            print(f"{fact.name}: {fact.detail}")
    status = Status.OK if all(fact.holds for fact in facts) else Status.FAILED
    return Report(status, {"facts": [asdict(fact) for fact in facts]})


def services() -> Report:
    """Print name and folder of each service that has an image."""
    found = [{"name": name, "context": entry["folder"]} for name, entry in _staging()["slipway:services"].items()]
    print(json.dumps(found))
    workflow_run.output("services", json.dumps(found))
    return Report(facts={"services": found})


def verify_image(image: str, name: str, variables: Mapping[str, str]) -> Report:
    """Start the image as the service `name` runs it, with `variables` besides its own; ask it, and stop it."""
    entries = _staging()["slipway:services"]
    if name not in entries:
        raise MissingError(f"{STAGING} has no service {name!r}; it has {', '.join(entries)}")
    service = Service.model_validate(entries[name])
    environment = {**service.environment, **variables}
    if service.port is None or service.ready_path is None:
        image_check.refuse_root(image)
        found = f"does not run as root; a {service.kind} without an HTTP readiness probe has nothing to ask"
    else:
        found = image_check.check(image, service.port, service.ready_path, environment)
    print(f"{image}: {found}")
    return Report(facts={"image": image, "service": name, "found": found})


def check_token(stack: str, purpose: str | None) -> Report:
    """Try every scope; status 5 when one is missing, 3 when a token that must not change anything could.

    Args:
        purpose: preview, drift, cleanup or promotion; None: the token that deploys.
    """
    named = {None: stack, "preview": f"preview-{stack}"}.get(purpose, purpose)
    environment = token_scopes.ENVIRONMENTS[str(named)]
    with _account(purpose) as account:
        rights = token_check.find_rights(account, environment.scopes | environment.forbidden)
    unknown = sorted(rights.unknown & environment.scopes)
    if unknown:
        print(f"could not be checked in this account yet: {', '.join(unknown)}")
    if missing := sorted(rights.absent & environment.scopes):
        raise MissingError(
            f"the token for {named} lacks {', '.join(missing)}; docs/production.md lists what it needs"
        )
    if excess := sorted(rights.present & environment.forbidden):
        raise RefusedError(f"the token for {named} must not have {', '.join(excess)}: make one without")
    held = sorted(environment.scopes & rights.present)
    print(f"the token has all {len(held)} scopes that {named} needs")
    return Report(facts={"environment": named, "scopes": held, "unknown": unknown})


def _account(purpose: str | None) -> DigitalOcean:
    """The account of the token that is checked: staging's where its registry is to be read."""
    if purpose != PROMOTION:
        return DigitalOcean()
    return DigitalOcean(SOURCE_TOKEN, StackRegistry.of("staging", _staging()).endpoint)


def _kept(file: Path) -> Kept:
    try:
        return Kept.model_validate_json(file.read_text())
    except (OSError, ValidationError) as error:
        raise MissingError(f"{file} is not what `slipway images needed` prints: {error}") from error


def _staging() -> dict[str, Any]:
    return _configuration("staging")


def _configuration(stack: str) -> dict[str, Any]:
    return read_configuration(stack)
