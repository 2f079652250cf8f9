"""What each command of `slipway preview-environment` does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from delivery.account.digitalocean import DigitalOcean
from delivery.github import comment, workflow_run
from delivery.github.client import GitHubRepository
from delivery.github.errors import GitHubError
from delivery.images.stack_registry import StackRegistry
from delivery.outcome import DeliveryError, MissingError, RefusedError, Report, Status, UnreachableError
from delivery.preview_environment import configuration, images
from delivery.preview_environment.cluster import EnvironmentCluster, read_kubeconfig
from delivery.preview_environment.comment import PURPOSE, EnvironmentReport, State, describe_duration
from delivery.preview_environment.configuration import Parent, read_parent
from delivery.preview_environment.removal import Found, describe_reason, find_environments, remove
from delivery.preview_environment.stack import EnvironmentStack, list_stacks
from delivery.stack.commits import require_commit
from delivery.verification.healthy import wait_healthy
from infra.config.schema import StackSettings

COMMENT = "comment.md"


@dataclass(frozen=True, kw_only=True)
class EnvironmentRequest:
    """A pull request, and where its environment is.

    Attributes:
        stack: whose cluster it is in.
        release: a commit of the pull request, as a person or a workflow names it; empty where none is needed.
        save: a folder for the comment; None: it is not kept.
    """

    stack: str
    number: int
    release: str = ""
    save: Path | None = None


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


def down(request: EnvironmentRequest) -> Report:
    """Remove the environment of a pull request; status 1 when something of it is left."""
    parent = read_parent(request.stack)
    with _open(parent) as place:
        found = next((each for each in place.find() if each.number == request.number), None)
        left = place.remove(found) if found else []
    if found is None:
        print(f"there is no environment pr-{request.number}")
    _print_leftovers(left)
    if request.save is not None:
        reason = (
            "the pull request is closed" if not left else "not all of it could be removed; the run has the reason"
        )
        state: State = "failed" if left else "removed"
        _write(request.save, EnvironmentReport(state=state, now=datetime.now(UTC), reason=reason).write())
    facts = {"environment": f"pr-{request.number}", "removed": found is not None and not left, "leftovers": left}
    return Report(Status.FAILED if left else Status.OK, facts)


def show(stack: str) -> Report:
    """List the environments, with their age."""
    parent, now = read_parent(stack), datetime.now(UTC)
    with _open(parent) as place:
        environments = place.find()
    for each in environments:
        age = f"{describe_duration(now - each.since)} ago" if each.since else "never"
        print(f"{each.name}: updated {age}; {', '.join(each.list_parts())}")
    if not environments:
        print("there are no preview environments")
    facts = [{"environment": each.name, "updated": each.since, "parts": each.list_parts()} for each in environments]
    return Report(facts={"environments": facts})


def sweep(stack: str, slug: str | None, *, apply: bool, save: Path | None) -> Report:
    """Remove environments that are not needed any more; status 1 when something could not be removed.

    Args:
        apply: whether they are removed, and not only listed.
        save: a folder for the comments of all environments, by pull request.
    """
    parent, now = read_parent(stack), datetime.now(UTC)
    repository = GitHubRepository.from_environment(slug)
    oldest = timedelta(days=parent.settings.max_age_days)
    left: list[str] = []
    removed: list[str] = []
    with _open(parent) as place:
        environments = place.find()
        pulls = repository.list_open_pulls()  # asked last: who opens one meanwhile has no environment yet
        for each in environments:
            reason = describe_reason(each, is_open=each.number in pulls, now=now, oldest=oldest)
            if reason is None:
                print(f"{each.name} stays")
                continue
            print(f"{each.name}: {reason}: {', '.join(each.list_parts())}")
            rest = place.remove(each) if apply else []
            left += rest
            removed += [] if rest else [each.name]
            if save is not None and apply and (each.has_stack or each.has_namespace):
                state: State = "failed" if rest else "removed"
                report = EnvironmentReport(state=state, now=now, reason=reason)
                _write(save / str(each.number), report.write())
    verb = "removed" if apply else "would be removed with --apply"
    lines = [f"{len(removed)} environments {verb}: {', '.join(removed) or 'none'}", *left]
    workflow_run.summarize("\n\n".join(lines))
    _print_leftovers(left)
    facts = {"removed": removed, "applied": apply, "leftovers": left}
    return Report(Status.FAILED if left else Status.OK, facts)


def write_comments(folder: Path, slug: str | None) -> Report:
    """Write or edit the comments that `sweep` saved, each on its pull request; status 1 when one takes none.

    Raises:
        MissingError, UnreachableError: GitHub takes none at all.
    """
    repository = GitHubRepository.from_environment(slug)
    written: list[str] = []
    refused: list[str] = []
    for file in sorted(folder.glob(f"*/{COMMENT}")):
        if not file.parent.name.isdecimal():
            continue
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
            written.append(comment.write(repository, int(file.parent.name), PURPOSE, text))
        except GitHubError as error:
            if isinstance(error, MissingError | UnreachableError):
                raise
            refused.append(f"pull request {file.parent.name}: {error}")
    for line in (*written, *refused):
        print(line)
    return Report(Status.FAILED if refused else Status.OK, {"comments": written, "refused": refused})


@dataclass(frozen=True)
class _Place:
    """Where environments are."""

    parent: Parent
    kubeconfig: str
    cluster: EnvironmentCluster
    registry: StackRegistry

    def find(self) -> list[Found]:
        with DigitalOcean(endpoint=self.registry.endpoint) as account:
            stored = list(account.manifests(self.registry.name))
        return find_environments(list_stacks(self.parent.checkout), self.cluster, stored)

    def remove(self, found: Found) -> list[str]:
        stack = EnvironmentStack(found.number, self.kubeconfig, self.parent.checkout)
        return remove(found, stack, self.cluster, self.registry, print)


@contextmanager
def _open(parent: Parent) -> Iterator[_Place]:
    kubeconfig = read_kubeconfig(parent)
    with EnvironmentCluster.open(kubeconfig) as cluster:
        yield _Place(parent, kubeconfig, cluster, StackRegistry.of(parent.name, parent.config))


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
    _write(request.save, report.write())


def _write(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / COMMENT).write_text(text, encoding="utf-8")


def _print_leftovers(left: Sequence[str]) -> None:
    for line in left:
        print(f"left: {line}")
