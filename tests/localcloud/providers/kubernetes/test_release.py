"""Releases by a helm that answers from files; tests/cluster has the same on a real cluster."""

from __future__ import annotations

import json

import pytest

from localcloud.providers import operation
from localcloud.providers.errors import InitializationError, ProviderError
from localcloud.providers.kubernetes.cluster import HelmError, InterruptedHelmError
from localcloud.providers.kubernetes.release import Release
from localcloud.providers.resource_type import Resource

MANIFEST = """---
# Source: x
apiVersion: v1
kind: Service
metadata: {name: backend}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: backend, namespace: other}
---
"""


def metadata(revision=1, status="deployed", chart="service"):
    return json.dumps(
        {"name": "backend", "chart": chart, "version": "0.1.0", "appVersion": "7", "namespace": "todo",
         "revision": revision, "status": status}
    )  # fmt: skip


def inputs(**more):
    defaults = {name: known.default for name, known in Release.inputs.items() if known.default is not None}
    return {**defaults, "name": "backend", "namespace": "todo", "chart": "helm/service", **more}


@pytest.fixture
def release(cluster, helm):
    helm.answer("manifest", MANIFEST)
    return Release(cluster)


def test_release_is_installed_with_its_inputs(release, helm):
    helm.after("upgrade", metadata())
    helm.answer("values", 'level=WARN msg="x"\n{"a": 1, "password": "hidden"}')
    given = inputs(
        values={"a": 1, "password": "hidden", "nothing": None, "list": [None, {"b": None}]},
        atomic=True, cleanupOnFail=True, waitForJobs=True, createNamespace=True, maxHistory=10, description="x",
        version="1.2", repositoryOpts={"repo": "https://charts.example"},
    )  # fmt: skip
    made = release.create(given, 0)
    (call,) = helm.calls("upgrade")
    for words in (
        "upgrade --install backend helm/service --namespace=todo --values=- --timeout=300s",
        "--wait --wait-for-jobs",
        "--rollback-on-failure", "--cleanup-on-fail", "--create-namespace", "--history-max=10", "--description=x",
        "--version=1.2", "--repo=https://charts.example",
    ):  # fmt: skip
        assert words in call
    assert "hidden" not in helm.read("calls")
    assert json.loads(helm.read("stdin")) == {"a": 1, "password": "hidden", "list": [{}]}
    assert made.identity == "todo/backend"
    assert made.outputs["status"] == {
        "name": "backend", "namespace": "todo", "status": "deployed", "revision": 1,
        "version": "0.1.0", "chart": "service", "appVersion": "7",
    }  # fmt: skip
    assert made.outputs["resourceNames"] == {
        "Deployment.apps/apps/v1": ["other/backend"],
        "Service/v1": ["todo/backend"],
    }
    assert made.outputs["chart"] == "helm/service"


def test_skip_await_and_null_values(release, helm):
    helm.after("upgrade", metadata())
    release.create(inputs(skipAwait=True, waitForJobs=True, allowNullValues=True, values={"a": None}), 0)
    (call,) = helm.calls("upgrade")
    assert "--wait" not in call
    assert "--history-max=0" in call
    assert json.loads(helm.read("stdin")) == {"a": None}


def test_foreign_release_is_not_adopted(release, helm):
    helm.answer("metadata", metadata())
    with pytest.raises(ProviderError, match="Helm release todo/backend exists already; import it"):
        release.create(inputs(), 0)
    assert helm.calls("upgrade") == []
    release.cluster.takes_over = True
    release.create(inputs(), 0)
    assert len(helm.calls("upgrade")) == 1


def test_release_of_a_killed_run_is_adopted(release, helm):
    with operation.begin("", "urn:x"):
        labels = {"pulumi-resource": operation.resource_hash()}
        helm.answer("metadata", json.dumps({**json.loads(metadata()), "labels": labels}))
        release.create(inputs(), 0)
    assert f"--labels=pulumi-resource={labels['pulumi-resource']}" in helm.calls("upgrade")[0]
    with operation.begin("", "urn:y"), pytest.raises(ProviderError, match="exists already"):
        release.create(inputs(), 0)


def test_pending_records_are_removed_first(release, helm, api):
    helm.after("upgrade", metadata())
    api.revision(1, "pending-install")
    release.create(inputs(), 0)
    assert api.deleted == ["sh.helm.release.v1.backend.v1"]


def test_failure_that_leaves_nothing_is_a_plain_error(release, helm):
    helm.fail("upgrade", "Error: UPGRADE FAILED: a is wrong")
    with pytest.raises(ProviderError, match="^Helm release todo/backend failed: Error: UPGRADE FAILED") as caught:
        release.create(inputs(), 0)
    assert not isinstance(caught.value, InitializationError)
    helm.answer("metadata", metadata(revision=3))
    with pytest.raises(ProviderError) as caught:
        release.update(Resource("todo/backend", inputs(), inputs()), inputs(), 0)
    assert not isinstance(caught.value, InitializationError)


def test_failed_release_stays_in_the_state(release, helm):
    helm.fail("upgrade", "Error: context deadline exceeded")
    helm.after("upgrade", metadata())
    helm.answer("metadata", metadata(status="failed"))
    with pytest.raises(InitializationError, match="context deadline exceeded") as caught:
        release.update(Resource("todo/backend", inputs(), inputs()), inputs(values={"a": 1}), 0)
    assert caught.value.identity == "todo/backend"
    assert caught.value.outputs["status"]["status"] == "failed"


def test_interrupted_release_is_unfinished_in_the_state(release, helm, monkeypatch):
    def interrupted(*words, stdin=None):
        if "upgrade" in words:
            raise InterruptedHelmError("cancelled")
        raise HelmError("Error: release: not found")

    monkeypatch.setattr(release.cluster, "helm", interrupted)
    with pytest.raises(InitializationError, match="cancelled") as caught:
        release.create(inputs(values={"a": 1}), 0)
    assert caught.value.identity == "todo/backend"
    assert caught.value.outputs["values"] == {"a": 1}
    assert caught.value.outputs["status"]["status"] == "unknown"


def test_read_returns_release_or_none(release, helm):
    assert release.read("todo/backend", {}) is None
    helm.answer("metadata", metadata(status="uninstalled"))
    assert release.read("todo/backend", {}) is None
    helm.answer("metadata", metadata(revision=4))
    found = release.read("todo/backend", {})
    assert found.inputs["chart"] == "service"
    assert found.inputs["values"] == {}
    helm.fail("metadata", "Error: connection refused")
    with pytest.raises(
        ProviderError, match="cannot ask for the Helm release todo/backend: Error: connection refused"
    ):
        release.read("todo/backend", {})


@pytest.mark.parametrize(
    ("live", "reason"),
    [
        (metadata(revision=4), "revision 4 was not made by this stack"),
        (metadata(status="pending-upgrade"), "revision 1 is pending-upgrade"),
    ],
)
def test_refresh_of_foreign_or_failed_release_runs_helm(release, helm, live, reason):
    helm.answer("metadata", live)
    with pytest.raises(InitializationError, match=reason) as caught:
        release.read("todo/backend", {**inputs(), "status": {"revision": 1}})
    assert caught.value.inputs["name"] == "backend"
    assert caught.value.outputs["chart"] == "helm/service"


def test_refresh_keeps_inputs_that_mean_the_same(release):
    live = inputs(chart="service", version="0.1.0", values={"a": 1})
    known = inputs(values={"a": 1, "nothing": None}, timeout=5, version="v0.1.0")
    assert release.refresh_inputs(known, live) == known
    assert release.refresh_inputs({**known, "version": "^0.1"}, live)["version"] == "^0.1"
    assert release.refresh_inputs({**known, "version": "0.2.0"}, live)["version"] == "0.1.0"
    assert release.refresh_inputs({**known, "chart": "helm/other"}, live)["chart"] == "service"
    assert release.refresh_inputs({**known, "values": {"a": 2}}, live)["values"] == {"a": 1}


def test_deletion_has_a_timeout_and_accepts_gone(release, helm):
    release.delete(Resource("todo/backend", inputs(), inputs(timeout=7)), 0)
    words = "uninstall backend --namespace=todo --ignore-not-found --timeout=7s --wait"
    assert helm.calls("uninstall")[0].endswith(words)
    helm.fail("uninstall", "Error: timed out")
    with pytest.raises(ProviderError, match="cannot uninstall the Helm release todo/backend: Error: timed out"):
        release.delete(Resource("todo/backend", inputs(), inputs()), 0)


def test_a_release_in_an_unreachable_cluster_counts_as_deleted(release, helm):
    """Only with `deletes_unreachable`."""
    error = "Error: kubernetes cluster unreachable: dial tcp 127.0.0.1:9: connection refused"
    held = Resource("todo/backend", inputs(), inputs())
    helm.fail("metadata", error)
    helm.fail("uninstall", error)
    with pytest.raises(ProviderError, match="unreachable"):
        release.read("todo/backend", {})
    with pytest.raises(ProviderError, match="unreachable"):
        release.delete(held, 0)
    release.cluster.deletes_unreachable = True
    assert release.read("todo/backend", {}) is None
    release.delete(held, 0)
    helm.fail("uninstall", "Error: timed out")
    with pytest.raises(ProviderError, match="timed out"):
        release.delete(held, 0)
