"""A record of who ran what in production: a ConfigMap in the stack's namespace, which `kubectl` shows, too."""

from __future__ import annotations

import getpass
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import httpx2
from lightkube.core.exceptions import ApiError
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.authentication_v1 import SelfSubjectReview
from lightkube.resources.core_v1 import ConfigMap

from delivery.cluster import StackCluster
from delivery.outcome import DeliveryError, RefusedError
from delivery.redaction import redacted
from operations.cluster import PROD

NAME, KEY = "slipway-audit", "commands"
MOST_ENTRIES = 500  # of at most LONGEST characters each: far below a ConfigMap's 1 MiB
LONGEST = 1000
CONFLICT, NOT_FOUND, TRIES = 409, 404, 5


def announce_command(cluster: StackCluster, verb: str, target: str, words: Sequence[str] = ()) -> None:
    """Say what runs where, and record it where that is production.

    Args:
        target: a pod or a service.

    Raises:
        RefusedError, DeliveryError: as for `record_command`.
    """
    print(f"{cluster.stack}: {verb} {target}", file=sys.stderr)
    if cluster.stack == PROD:
        record_command(cluster, verb, target, words)


def record_command(cluster: StackCluster, verb: str, pod: str, words: Sequence[str]) -> None:
    """Add who runs what, where and when, before it runs. Secrets in the words are redacted.

    Raises:
        RefusedError: what is recorded cannot be read, and is left as it is. Then nothing may run.
        DeliveryError: it cannot be written. Then nothing may run, either.
    """
    entry = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "by": find_person(),
        "user": _find_user(cluster),
        "verb": verb,
        "pod": pod,
        "command": redacted(" ".join(words))[:LONGEST],
    }
    for _ in range(TRIES):
        try:
            return _append(cluster, entry)
        except ApiError as error:
            if error.status.code != CONFLICT:  # somebody else's entry came between
                raise DeliveryError(f"{verb} cannot be recorded in ConfigMap {NAME}: {error}") from error
        except httpx2.HTTPError as error:
            raise DeliveryError(f"{verb} cannot be recorded in ConfigMap {NAME}: {error}") from error
    raise DeliveryError(f"{verb} cannot be recorded in ConfigMap {NAME}: others write to it all the time; try again")


def read_commands(cluster: StackCluster) -> list[dict[str, str]]:
    """Return what was recorded, oldest first.

    Raises:
        RefusedError: it cannot be read.
    """
    return _parse(_find(cluster))


def find_person() -> str:
    """Return the name that commits of this machine would have, and the login; in a workflow, who started it."""
    if actor := os.environ.get("GITHUB_ACTOR"):
        return f"{actor} (GitHub Actions)"
    done = subprocess.run(["git", "config", "user.email"], capture_output=True, text=True, check=False)
    return f"{done.stdout.strip() or 'unknown'} ({getpass.getuser()})"


def _find_user(cluster: StackCluster) -> str:
    """Who the API server says this is, which nobody can set by a variable or by git; empty where it does not say."""
    try:
        review = cluster.client.create(SelfSubjectReview())
    except (ApiError, httpx2.HTTPError):
        return ""
    info = review.status.userInfo if review.status else None
    return (info and info.username) or ""


def _append(cluster: StackCluster, entry: dict[str, str]) -> None:
    current = _find(cluster)
    text = json.dumps([*_parse(current), entry][-MOST_ENTRIES:], indent=1)
    if current is None:
        metadata = ObjectMeta(name=NAME, namespace=cluster.namespace)
        cluster.client.create(ConfigMap(metadata=metadata, data={KEY: text}))
    else:
        current.data = {KEY: text}
        cluster.client.replace(current)  # refused where another one came between: it names the version it read


def _find(cluster: StackCluster) -> ConfigMap | None:
    try:
        return cluster.client.get(ConfigMap, NAME, namespace=cluster.namespace)
    except ApiError as error:
        if error.status.code == NOT_FOUND:
            return None
        raise


def _parse(record: ConfigMap | None) -> list[dict[str, str]]:
    try:
        entries = json.loads(((record and record.data) or {}).get(KEY, "[]"))
    except ValueError:
        entries = None
    if not isinstance(entries, list):
        raise RefusedError(
            f"{KEY} of ConfigMap {NAME} is no list in JSON, so nothing can be added to it, and nothing runs; "
            f"keep what it has (`kubectl get configmap {NAME} --output yaml`), find out who changed it, and delete it"
        )
    return entries
