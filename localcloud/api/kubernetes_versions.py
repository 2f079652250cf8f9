"""The versions of Kubernetes that DOKS offers: three minors with their newest patches; older patches are retired."""

from __future__ import annotations

import re

from localcloud.api.account import Account
from localcloud.api.catalogue import VERSIONS
from localcloud.api.replies import ApiError
from localcloud.api.store import Document

LATEST = "latest"
KIND = "kubernetes_versions"  # what a control route published in place of the catalogue


def published(account: Account) -> list[str]:
    """Slugs of the versions that a new cluster can have, newest first."""
    override = account.store.get(KIND, KIND)
    if override is not None:
        return [str(slug) for slug in override["versions"]]
    clusters = account.backends.clusters
    return sorted(VERSIONS if clusters is None else clusters.versions(), key=number, reverse=True)


def number(slug: str) -> tuple[int, ...]:
    """The parts of a slug such as `1.34.4-do.0`, to compare it by."""
    return tuple(int(part) for part in re.findall(r"\d+", slug))


def resolve(account: Account, wanted: str) -> str:
    """The slug that `1.34`, `1.34.4-do.0` or `latest` stands for.

    Raises:
        ApiError: 422: there is none, or no longer.
    """
    for slug in published(account):
        if wanted in {LATEST, slug} or slug.startswith(f"{wanted}."):
            return slug
    raise ApiError(422, f"validation error: invalid version slug: {wanted}")


def upgrades(account: Account, current: str) -> list[str]:
    """Slugs that a cluster can be upgraded to: newer patches of its minor, and of the next one."""
    major, minor = number(current)[:2]
    return [
        slug
        for slug in published(account)
        if number(slug) > number(current) and number(slug)[:2] in {(major, minor), (major, minor + 1)}
    ]


def patch(account: Account, current: str) -> str | None:
    """The newest patch of a cluster's minor, if it is newer than what runs."""
    newer = [slug for slug in upgrades(account, current) if number(slug)[:2] == number(current)[:2]]
    return newer[0] if newer else None


def description(slug: str) -> Document:
    """A version as the API lists it."""
    features = ["cluster-autoscaler", "docr-integration", "ha-control-plane", "token-authentication"]
    return {"slug": slug, "kubernetes_version": slug.partition("-")[0], "supported_features": features}
