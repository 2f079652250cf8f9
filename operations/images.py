"""Images that commands start beside the services' own."""

from __future__ import annotations

import sys

from delivery.cluster import StackCluster
from operations.cluster import find_instance, is_local


def provide_image(cluster: StackCluster, name: str) -> None:
    """Have an image where the stack's nodes find it: the local cloud's registry gets it, other nodes pull it.

    Raises:
        PublicImageError, CommandError: it can neither be pulled here nor be built from packages.
    """
    if not is_local(cluster.stack):
        return
    from localcloud.cloud import LocalCloud
    from localcloud.stack import Stack, checkout

    instance = find_instance()
    cloud = LocalCloud(instance, Stack(instance, checkout(), {}))
    cloud.get_python_image(_report)
    cloud.get_image(name, _report, pushed=True)


def _report(*, done: float | None = None, note: str | None = None) -> None:  # noqa: ARG001 - the shape of a Report
    if note:
        print(note, file=sys.stderr)
