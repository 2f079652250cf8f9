"""Which images a registry keeps, and whether one runs as the cluster will run it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from delivery.account.digitalocean import DigitalOcean, StoredManifest
from delivery.github import workflow_run
from delivery.images import image_check, retention
from delivery.images.needs import Needs, combine_needs, find_needs, find_sharing_stacks, read_needs
from delivery.images.registry import ImageRepository
from delivery.images.stack_registry import StackRegistry
from delivery.outcome import MissingError, RefusedError, Report
from delivery.stack.configuration import read_configuration
from delivery.stack.pulumi_stack import PulumiStack
from infra.config.service import Service

MEBIBYTE = 2**20
STAGING = Path("Pulumi.staging.yaml")


def needed(stack: PulumiStack) -> Report:
    """Print what a stack needs."""
    needs = find_needs(stack)
    _warn(needs)
    print(needs.model_dump_json())
    return Report(facts=needs.model_dump(mode="json"))


def cleanup(stack: str, files: Sequence[Path], *, apply: bool) -> Report:
    """Print which images of a stack's registry nobody needs, and delete them with `apply`.

    Args:
        files: what `slipway images needed` printed of stacks whose state cannot be read here. Every other stack of
            the registry is asked itself.

    Raises:
        RefusedError: a stack was deployed to while the registry was read.
    """
    registry = StackRegistry.of(stack, read_configuration(stack))
    needs = _find_all_needs(registry, files)
    _warn(needs)
    with DigitalOcean(endpoint=registry.endpoint) as account:
        unused = _find_unused(account, registry, needs)
        for image in unused:
            print(f"{image.repository}@{image.digest} {', '.join(image.tags) or '(no tag)'} {image.updated:%F}")
        if unused and apply:
            if _find_all_needs(registry, files) != needs:
                raise RefusedError("a stack was deployed to meanwhile: nothing was deleted; try again")
            for image in unused:
                account.delete_manifest(registry.name, image)
            account.collect_garbage(registry.name)
    size = sum(image.size_bytes for image in unused) / MEBIBYTE
    verb = "deleted" if apply else "could be deleted with --apply"
    lines = [f"{len(unused)} images of {size:.0f} MiB {verb}; {len(needs.digests)} digests run.", *needs.unread]
    workflow_run.summarize("\n\n".join(lines))
    images = [f"{image.repository}@{image.digest}" for image in unused]
    return Report(facts={"images": images, "mebibytes": round(size), "removed": apply, "unread": list(needs.unread)})


def verify_image(image: str, name: str, variables: Mapping[str, str]) -> Report:
    """Start the image as the service `name` runs it, with `variables` besides its own; ask it, and stop it."""
    entries = read_configuration("staging")["slipway:services"]
    if name not in entries:
        raise MissingError(f"{STAGING} has no service {name!r}; it has {', '.join(entries)}")
    service = Service.model_validate(entries[name])
    environment = {**service.environment, **variables}
    if service.port is None or service.ready_path is None:
        image_check.refuse_root(image)
        result = f"does not run as root; a {service.kind} without an HTTP readiness probe has nothing to ask"
    else:
        result = image_check.check(image, service.port, service.ready_path, environment)
    print(f"{image}: {result}")
    return Report(facts={"image": image, "service": name, "found": result})


def _find_all_needs(registry: StackRegistry, files: Sequence[Path]) -> Needs:
    """What every stack of the registry needs, by the files or by its own state."""
    needs = [read_needs(file) for file in files]
    by_file = {each.stack for each in needs}
    others = [stack for stack in find_sharing_stacks(registry.host) if stack not in by_file]
    return combine_needs([*needs, *(find_needs(PulumiStack(stack)) for stack in others)])


def _find_unused(account: DigitalOcean, registry: StackRegistry, needs: Needs) -> list[StoredManifest]:
    stored = list(account.manifests(registry.name))
    login = account.registry_login(registry.name, registry.server, write=False)
    names = {manifest.repository for manifest in stored}
    repositories = {name: ImageRepository(f"{registry.host}/{name}", login) for name in names}
    return retention.find_unused(stored, needs, repositories, datetime.now(UTC))


def _warn(needs: Needs) -> None:
    for sentence in needs.unread:
        print(f"warning: {sentence}; what is known of it is kept", file=sys.stderr)
