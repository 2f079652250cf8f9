"""How this program releases a chart: repair its history, watch the rollout, and undo it when it fails in time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from infra.rollouts.helm_history import repair_history
from infra.rollouts.rollout import RolloutWatch
from infra.source.tree import list_entries, write_working_tree
from infra.versions import Chart

HISTORY = 10  # revisions Helm keeps; unset means all of them, for ever
SLACK_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class HelmReleaseArgs:
    """One release.

    Attributes:
        chart: of a public repository, or a folder here: relative, as an absolute one differs between machines.
        seconds: how long it may take to be ready; a return to the revision before may take as long again.
        kubeconfig: secret.
    """

    chart: Chart | Path
    namespace: pulumi.Input[str]
    create_namespace: bool = False
    values: dict[str, Any]
    seconds: int
    kubeconfig: pulumi.Output[str]


def helm_release(
    name: str, args: HelmReleaseArgs, *, parent: pulumi.Resource, after: Sequence[pulumi.Resource] = ()
) -> kubernetes.helm.v3.Release:
    """Declare a release; its outputs are known once everything in it is ready."""
    watch = RolloutWatch(name, parent)
    namespace = repair_history(name, args.namespace, args.kubeconfig)
    release = kubernetes.helm.v3.Release(
        name,
        name=name,  # else Pulumi adds a random end, and a failed first install cannot be found again
        **_source(args.chart),
        namespace=watch.begin(namespace, args.kubeconfig, args.values),
        create_namespace=args.create_namespace,
        values=args.values,
        atomic=True,
        cleanup_on_fail=True,
        wait_for_jobs=True,
        timeout=args.seconds,
        max_history=HISTORY,
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=list(after),
            custom_timeouts=_timeouts(2 * args.seconds + SLACK_SECONDS),
        ),
    )
    release.status.apply(lambda _: watch.end())
    return release


def chart_digest(chart: Path) -> str:
    """Return a hash of a chart's files, without those that git ignores.

    Pulumi does not see that a local chart changed (pulumi-kubernetes issue 2672), but that this value did.
    """
    digest = hashlib.sha256()
    name = chart.as_posix()
    for entry in list_entries(Path(), write_working_tree(Path(), [name]), [name]):
        digest.update(f"{entry.object}\0{entry.path}\0".encode())
    return digest.hexdigest()[:12]


def _source(chart: Chart | Path) -> dict[str, Any]:
    if isinstance(chart, Path):
        return {"chart": chart.as_posix()}
    return {"chart": chart.name, "version": chart.version, "repository_opts": {"repo": chart.repository}}


def _timeouts(seconds: int) -> pulumi.CustomTimeouts:
    return pulumi.CustomTimeouts(create=f"{seconds}s", update=f"{seconds}s", delete=f"{seconds}s")
