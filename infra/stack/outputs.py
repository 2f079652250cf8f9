"""The outputs of a stack."""

from __future__ import annotations

from typing import Any

import pulumi

from infra.components.cluster import Cluster
from infra.source.release import Release
from infra.stack.images import Images
from infra.stack.platform import Platform
from infra.stack.stack import Stack


def export_outputs(stack: Stack, release: Release, platform: Platform, services: dict[str, dict[str, Any]]) -> None:
    """Export what other programs read; nothing secret."""
    cluster = platform.cluster
    pulumi.export("release", release.sha)
    pulumi.export("services", services)
    pulumi.export("namespace", stack.settings.namespace)
    pulumi.export("registry", platform.registry.host)
    pulumi.export("ingress", platform.ingress.outputs if platform.ingress else None)
    if isinstance(cluster, Cluster):
        pulumi.export("cluster", {"id": cluster.cluster_id, "name": cluster.name, "endpoint": cluster.endpoint})


def export_canary(stack: Stack, images: Images) -> None:
    """Export what runs, as it did before, and the canary beside it: an update for a canary changes nothing else."""
    for key, value in stack.state.exports.items():
        pulumi.export(key, value)
    pulumi.export("canary", {
        name: {"percent": percent, "tag": images.releases[name].tag}
        for name, percent in stack.settings.canary.items()
    })  # fmt: skip
