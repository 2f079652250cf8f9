"""Which version of Kubernetes the cluster is asked to have.

The stack file has a minor version. DigitalOcean installs its newest patch, and raises patches by itself. Its provider
compares whole versions, and replaces the cluster when the new one is lower; so a version is only ever sent when the
minor rises, and then the newest patch of it.
"""

from __future__ import annotations

import re

import pulumi

from infra.sdk import digitalocean


class VersionError(pulumi.RunError):
    """The cluster cannot have the version that the stack file asks for."""


def minor_of(version: str) -> tuple[int, int]:
    """The minor of a version: (1, 34) of both `1.34` and `1.34.4-do.0`."""
    major, minor, *_ = version.split(".")
    return int(major), int(minor)


def is_upgrade(wanted: str, live: str | None) -> bool:
    """Whether a cluster that has the version `live`, if there is one, gets another minor."""
    return live is not None and minor_of(live) != minor_of(wanted)


def check_upgrade(wanted: str, live: str | None) -> None:
    """Refuse a minor that the cluster cannot be upgraded to.

    Args:
        wanted: the stack file's minor.
        live: the cluster's version; None where there is none yet.

    Raises:
        VersionError: it is lower, or skips one.
    """
    if live is None:
        return
    have, want = minor_of(live), minor_of(wanted)
    now = f"{have[0]}.{have[1]}"
    if want < have:
        raise VersionError(
            f"slipway:cluster.version is {wanted!r} and the cluster has {live}: a cluster cannot go back; "
            f"write {now!r}"
        )
    if want > (have[0], have[1] + 1):
        following = f"{have[0]}.{have[1] + 1}"
        raise VersionError(
            f"slipway:cluster.version is {wanted!r} and the cluster has {live}: Kubernetes is upgraded one minor "
            f"version at a time; write {following!r}, deploy, and continue from there"
        )


def choose_version(wanted: str, live: str | None) -> str:
    """The whole version to send: the cluster's own where its minor is the one wanted, else the newest patch.

    A preview where DigitalOcean cannot be asked shows the minor.

    Raises:
        VersionError: DigitalOcean offers no patch of that minor, or cannot be asked.
    """
    if live is not None and minor_of(live) == minor_of(wanted):
        return live
    ask = digitalocean.get_kubernetes_versions
    try:
        offered = ask()
    except Exception as error:  # the SDK raises nothing more exact
        text = f"cannot ask DigitalOcean for the patches of Kubernetes {wanted}: {error}"
        if not pulumi.runtime.is_dry_run():
            raise VersionError(text) from error
        pulumi.log.warn(text)
        return wanted
    patches = [str(slug) for slug in offered.valid_versions if minor_of(slug) == minor_of(wanted)]
    if not patches:
        minors = sorted({minor_of(slug) for slug in offered.valid_versions}, reverse=True)
        known = ", ".join(f"{major}.{minor}" for major, minor in minors)
        raise VersionError(
            f"slipway:cluster.version is {wanted!r}, which DigitalOcean does not offer; write one of {known}"
        )
    return max(patches, key=_numbers)


def _numbers(version: str) -> list[int]:
    """What versions are ordered by: `1.34.10-do.0` is newer than `1.34.9-do.1`."""
    return [int(part) for part in re.findall(r"\d+", version)]
