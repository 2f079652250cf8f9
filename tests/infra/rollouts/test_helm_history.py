from __future__ import annotations

import json

import pulumi
import pytest

from infra.rollouts.cluster_access import client
from infra.rollouts.helm_history import HistoryError, repair, repair_history
from infra.rollouts.kubeconfig import doctl_kubeconfig

from ..kubernetes_api import kubernetes  # noqa: F401 - a fixture
from ..recorder import run


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
        output = repair_history("backend", "todo-app", pulumi.Output.secret(kubeconfig))
        pulumi.export("namespace", output)
        output.apply(seen.append)

    recorder = run(work, preview=preview)
    return recorder.outputs["namespace"], seen


def test_a_run_repairs_first_says_so_and_continues(kubernetes, caplog):  # noqa: F811
    kubernetes.revision(1, "deployed")
    kubernetes.revision(2, "pending-upgrade")
    assert namespace_after_repair(kubernetes.kubeconfig, preview=False) == (("todo-app", False), ["todo-app"])
    assert kubernetes.deleted == ["sh.helm.release.v1.backend.v2"]
    assert "backend: an earlier run left revision 2 'pending-upgrade'; its record is removed" in caplog.text


def test_a_preview_touches_nothing(kubernetes):  # noqa: F811
    kubernetes.revision(1, "pending-install")
    namespace_after_repair(kubernetes.kubeconfig, preview=True)
    assert kubernetes.deleted == []


def test_a_preview_knows_the_namespace_where_there_is_no_cluster_yet():
    assert namespace_after_repair("no kubeconfig", preview=True) == (("todo-app", False), ["todo-app"])


UNREACHABLE = "{current-context: x, clusters: [{name: x, cluster: {server: 'http://127.0.0.1:9'}}], users: [{name: x, user: {}}], contexts: [{name: x, context: {cluster: x, user: x}}]}"


def test_an_unreachable_cluster_is_an_error_that_names_the_action():
    expected = "backend: cannot look for interrupted .*, what to do: docs/runbook.md, 'Cluster deleted by hand'"
    with pytest.raises(HistoryError, match=expected):
        namespace_after_repair(UNREACHABLE, preview=False)


def test_a_cluster_that_refuses_is_an_error_too(kubernetes):  # noqa: F811
    kubernetes.refuses = True
    with pytest.raises(HistoryError, match="backend: cannot look .* not yours"):
        namespace_after_repair(kubernetes.kubeconfig, preview=False)


def test_a_kubeconfig_without_token_asks_doctl(kubernetes, tmp_path, monkeypatch):  # noqa: F811
    """The form that staging and prod use, with a doctl that writes down how it was called."""
    credential = {"apiVersion": "client.authentication.k8s.io/v1beta1", "status": {"token": "short-lived"}}
    doctl = tmp_path / "doctl"
    doctl.write_text(f"#!/bin/sh\necho \"$@\" > {tmp_path}/called\necho '{json.dumps(credential)}'\n")
    doctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    kubernetes.revision(1, "pending-install")
    config = doctl_kubeconfig("slipway-prod", kubernetes.address, "", "the-cluster")
    namespace_after_repair(config, preview=False)
    assert kubernetes.deleted == ["sh.helm.release.v1.backend.v1"]
    assert set(kubernetes.authorizations) == {"Bearer short-lived"}
    assert (tmp_path / "called").read_text().split() == [
        *("kubernetes", "cluster", "kubeconfig", "exec-credential", "--version=v1beta1", "the-cluster")
    ]


def test_without_doctl_the_error_names_it(kubernetes, tmp_path, monkeypatch):  # noqa: F811
    (tmp_path / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HistoryError, match="doctl"):
        namespace_after_repair(doctl_kubeconfig("n", kubernetes.address, "", "id"), preview=False)
