"""Helm releases that an interrupted run left half way, and putting them right before the next one starts.

Helm notes a revision as `pending-…` before it works on it. When the process dies, the note stays, and every
later run stops at "another operation is in progress" (pulumi-kubernetes issue 2054) or, after a first install,
"cannot re-use a name that is still in use" (issue 2116).
"""

from __future__ import annotations

from dataclasses import dataclass

import httpx2
import pulumi
from lightkube.core.client import Client
from lightkube.core.exceptions import ConfigError
from lightkube.resources.core_v1 import Secret

from infra.rollouts.cluster_access import client
from infra.runbook import describe_entry

INTERRUPTED = frozenset({"pending-install", "pending-upgrade", "pending-rollback", "uninstalling"})
GOOD = frozenset({"deployed", "superseded"})


class HistoryError(pulumi.RunError):
    """Helm's records cannot be read or removed; the text says which and why."""


@dataclass(frozen=True, order=True)
class Revision:
    """One of Helm's records: `number` counts from 1, `record` is the name of the Secret that holds it."""

    number: int
    status: str
    record: str


def history(kubernetes: Client, release: str, namespace: str) -> list[Revision]:
    """The revisions of a release, oldest first."""
    secrets = kubernetes.list(Secret, namespace=namespace, labels={"owner": "helm", "name": release})
    return sorted(
        Revision(int(labels["version"]), labels["status"], str(metadata.name))
        for secret in secrets
        if (metadata := secret.metadata) and (labels := metadata.labels) and "version" in labels
    )


def blocking(revisions: list[Revision]) -> list[Revision]:
    """The records that would stop the next run.

    Those are the interrupted ones, and where no good one is left, all: Helm installs anew then, and takes over
    what exists, as it carries the release's name. Where a good one is left, Helm continues from it.
    """
    interrupted = [revision for revision in revisions if revision.status in INTERRUPTED]
    if any(revision.status in GOOD for revision in revisions):
        return interrupted
    return list(revisions)


def repair(kubernetes: Client, release: str, namespace: str) -> list[Revision]:
    """Remove what blocks a release; returns what was removed.

    Only for the holder of the stack's lock: a revision that another process works on looks the same.
    """
    removed = blocking(history(kubernetes, release, namespace))
    for revision in removed:
        kubernetes.delete(Secret, revision.record, namespace=namespace)
    return removed


def repair_history(release: str, namespace: pulumi.Input[str], kubeconfig: pulumi.Input[str]) -> pulumi.Output[str]:
    """The namespace, once nothing in it blocks the release; in a preview just the namespace.

    Its error, when it is waited for, is a HistoryError: the cluster does not answer, or refuses.
    """
    if pulumi.runtime.is_dry_run():
        return pulumi.Output.from_input(namespace)  # known even where the cluster is not

    def check(facts: list[str]) -> str:
        try:
            removed = repair(client(facts[1]), release, facts[0])
        except (httpx2.HTTPError, ConfigError, OSError) as error:  # the last: no doctl where the kubeconfig asks it
            raise HistoryError(
                f"{release}: cannot look for interrupted releases in the cluster: {error}; if the cluster is gone, "
                f"{describe_entry('Cluster deleted by hand')}"
            ) from error
        for revision in removed:
            pulumi.log.warn(
                f"{release}: an earlier run left revision {revision.number} {revision.status!r}; its record is "
                "removed, and this run continues from the last good revision, or installs anew where there is none"
            )
        return facts[0]

    # The kubeconfig is secret, and with it all that comes from it: the namespace is not.
    return pulumi.Output.unsecret(pulumi.Output.all(namespace, kubeconfig).apply(check))
