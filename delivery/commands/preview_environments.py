"""Making preview environments: `slipway preview-environment plan`, `build` and `up`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from delivery.github import workflow_run
from delivery.images.stack_registry import StackRegistry
from delivery.outcome import DeliveryError, RefusedError, Report
from delivery.preview_environment import configuration, images
from delivery.preview_environment.cluster import EnvironmentCluster, read_kubeconfig
from delivery.preview_environment.comment import EnvironmentReport, State
from delivery.preview_environment.configuration import KEY, Parent, read_parent
from delivery.preview_environment.stack import EnvironmentStack
from delivery.stack.commits import require_commit
from delivery.verification.healthy import wait_healthy
from infra.config.schema import StackSettings


@dataclass(frozen=True, kw_only=True)
class EnvironmentRequest:
    """A pull request, and where its environment is.

    Attributes:
        stack: whose cluster it is in.
        release: a commit of the pull request, as a person or a workflow names it.
        save: a folder for the comment; None: it is not kept.
    """

    stack: str
    number: int
    release: str
    save: Path | None = None


def check(stack: str) -> Report:
    """Say whether pull requests get an environment in a stack's cluster, and set the step's output `wanted`."""
    wanted = configuration.has_environments(stack)
    print(f"Pulumi.{stack}.yaml has {KEY if wanted else f'no {KEY}: pull requests get no environment'}")
    workflow_run.output("wanted", str(wanted).lower())
    return Report(facts={"wanted": wanted})


def plan(request: EnvironmentRequest) -> Report:
    """Say which services' images the registry lacks; nothing of the pull request runs.

    Raises:
        RefusedError: the release names no commit; or staging has no environments.
    """
    parent, request = read_parent(request.stack), _find_release(request)
    settings = _read_settings(parent, request)
    releases = configuration.list_releases(parent, settings)
    registry = StackRegistry.of(parent.name, parent.config)
    held = images.find_images(registry.host, request.number, releases, registry.login())
    missing = [name for name, digest in held.items() if digest is None]
    print(f"to build: {', '.join(missing) or 'nothing'}")
    workflow_run.output("build", ",".join(missing))
    return Report(facts={"build": missing, "held": {name: digest for name, digest in held.items() if digest}})


def build(request: EnvironmentRequest, services: Sequence[str], folder: Path) -> Report:
    """Build images of services, each into a file; no registry is logged in to.

    Raises:
        RefusedError: the pull request has no such service, or the release names no commit.
    """
    parent, request = read_parent(request.stack), _find_release(request)
    settings = _read_settings(parent, request)
    releases = configuration.list_releases(parent, settings)
    if strangers := [name for name in services if name not in releases]:
        raise RefusedError(f"{', '.join(strangers)} is no service of it; there are {', '.join(releases)}")
    wanted = {name: release for name, release in releases.items() if not services or name in services}
    files = images.build_images(parent, settings, wanted, folder)
    return Report(facts={"files": files})


def up(request: EnvironmentRequest, folder: Path | None, timeout: float) -> Report:
    """Create or update the environment, and wait until it answers.

    Args:
        folder: what `build` wrote; None: the registry holds every image.
        timeout: seconds that its services may take to answer, all together.
    """
    started = datetime.now(UTC)
    parent = read_parent(request.stack)
    try:
        request = _find_release(request)
        urls = _update(parent, request, folder, timeout)
    except Exception:
        _save(parent, request, "failed", {}, "the run has the reason")
        raise
    seconds = (datetime.now(UTC) - started).total_seconds()
    _save(parent, request, "ready", urls)
    for name, url in urls.items():
        print(f"{name}: {url}")
    print(f"pr-{request.number} is ready after {seconds:.0f} s")
    workflow_run.output("url", next(iter(urls.values()), ""))
    facts = {"environment": f"pr-{request.number}", "release": request.release, "urls": urls}
    return Report(facts={**facts, "seconds": round(seconds, 1)})


def _find_release(request: EnvironmentRequest) -> EnvironmentRequest:
    """The same with the whole commit: it is what the stack records, and what images are named after."""
    return replace(request, release=require_commit(request.release))


def _read_settings(parent: Parent, request: EnvironmentRequest) -> StackSettings:
    return configuration.validate(parent, configuration.derive(parent, request.number, request.release))


def _update(parent: Parent, request: EnvironmentRequest, folder: Path | None, timeout: float) -> dict[str, str]:
    """Push what the registry lacks, update the stack, and return each service's URL once it answers."""
    settings = _read_settings(parent, request)
    releases = configuration.list_releases(parent, settings)
    registry = StackRegistry.of(parent.name, parent.config)
    login = registry.login(write=folder is not None)
    held = images.find_images(registry.host, request.number, releases, login)
    missing = {name: release for name, release in releases.items() if held[name] is None}
    pushed = images.push_images(registry.host, request.number, missing, folder or Path(), login) if missing else {}
    digests = {name: digest for name, digest in {**held, **pushed}.items() if digest is not None}
    config = configuration.derive(parent, request.number, request.release, digests)
    stack = EnvironmentStack(request.number, read_kubeconfig(parent), parent.checkout)
    stack.update(config, f"deploy {request.release}")
    outputs = stack.outputs()
    urls = {name: each.url for name, each in (outputs.services if outputs else {}).items() if each.url is not None}
    ready = [url.rstrip("/") + (settings.services[name].ready_path or "/") for name, url in urls.items()]
    wait_healthy(ready, path="", timeout=timeout)
    apex = min(urls, key=lambda name: len(urls[name]), default=None)  # `pr-7.<zone>` is the shortest
    return {name: urls[name] for name in sorted(urls, key=lambda name: name != apex)}


def _save(
    parent: Parent, request: EnvironmentRequest, state: State, urls: dict[str, str], reason: str | None = None
) -> None:
    if request.save is None:
        return
    now = datetime.now(UTC)
    try:
        with EnvironmentCluster.open(read_kubeconfig(parent)) as cluster:
            created = cluster.namespaces().get(request.number)
    except DeliveryError:
        created = None  # the comment says less
    report = EnvironmentReport(
        state=state,
        now=now,
        urls=urls,
        release=request.release,
        created=created,
        updated=now,
        reason=reason,
        max_age_days=parent.settings.max_age_days,
    )
    report.save(request.save)
