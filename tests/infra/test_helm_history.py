from __future__ import annotations

import pulumi
import pytest

from infra.cluster_access import client
from infra.helm_history import repair, repaired

from .conftest import run
from .kubernetes_api import kubernetes  # noqa: F401 - a fixture


@pytest.mark.parametrize(
    ("statuses", "removed"),
    [
        ([], []),
        (["deployed"], []),
        (["superseded", "deployed", "pending-upgrade"], [3]),
        (["deployed", "failed", "pending-rollback"], [3]),
        (["deployed", "failed"], []),
        (["pending-install"], [1]),
        (["failed"], [1]),
        (["failed", "pending-upgrade"], [1, 2]),
        (["superseded", "uninstalling"], [2]),
    ],
)
def test_what_would_stop_the_next_run_is_removed_and_nothing_else(kubernetes, statuses, removed):  # noqa: F811
    for number, status in enumerate(statuses, start=1):
        kubernetes.revision(number, status)
    kubernetes.revision(1, "pending-install", release="other")
    found = repair(client(kubernetes.kubeconfig), "backend", "todo-app")
    assert [revision.number for revision in found] == removed
    assert kubernetes.deleted == [f"sh.helm.release.v1.backend.v{number}" for number in removed]


def namespace_after_repair(kubeconfig, *, preview):
    seen = []

    def work():
        output = repaired("backend", "todo-app", pulumi.Output.secret(kubeconfig))
        pulumi.export("namespace", output)
        output.apply(seen.append)

    recorder = run(work, preview=preview)
    return recorder.outputs["namespace"], seen


def test_a_run_repairs_first_says_so_and_goes_on(kubernetes, caplog):  # noqa: F811
    kubernetes.revision(1, "deployed")
    kubernetes.revision(2, "pending-upgrade")
    assert namespace_after_repair(kubernetes.kubeconfig, preview=False) == (("todo-app", False), ["todo-app"])
    assert kubernetes.deleted == ["sh.helm.release.v1.backend.v2"]
    assert "backend: an earlier run left revision 2 'pending-upgrade'; its record is removed" in caplog.text


def test_a_preview_touches_nothing(kubernetes):  # noqa: F811
    kubernetes.revision(1, "pending-install")
    namespace_after_repair(kubernetes.kubeconfig, preview=True)
    assert kubernetes.deleted == []
