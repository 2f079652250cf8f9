"""Objects on a client that keeps them in memory; tests/cluster has the same on a real API server."""

from __future__ import annotations

from base64 import b64encode

import httpx2
import pytest
from lightkube import ApiError
from lightkube.resources import core_v1, networking_v1

from localcloud.providers import operation
from localcloud.providers.errors import ProviderError
from localcloud.providers.kubernetes import object as module
from localcloud.providers.kubernetes.cluster import Cluster, UnreachableError
from localcloud.providers.kubernetes.namespace import Namespace
from localcloud.providers.kubernetes.network_policy import NetworkPolicy
from localcloud.providers.kubernetes.secret import Secret
from localcloud.providers.resource_type import Resource
from localcloud.providers.values import UNKNOWN

UNREACHABLE = (
    "{current-context: x, clusters: [{name: x, cluster: {server: 'SERVER'}}], users: [{name: x, user: {}}], "
    "contexts: [{name: x, context: {cluster: x, user: x}}]}"
)
URN = "urn:pulumi:s::p::kubernetes:core/v1:Secret::x"


def refusal(code, message):
    body = {"kind": "Status", "apiVersion": "v1", "code": code, "message": message}
    return ApiError(httpx2.Request("GET", "http://x"), httpx2.Response(code, json=body))


class Client:
    """Keeps what is applied; `refuses` is raised by the next call, and what is in `stays` cannot be deleted."""

    def __init__(self):
        self.objects, self.refuses, self.stays, self.applied, self.count = {}, None, set(), [], 0

    def get(self, kind, name, namespace=""):
        if (namespace, name) not in self.objects:
            raise refusal(404, f"{name} not found")
        return kind.from_dict(self.objects[namespace, name])

    def patch(self, kind, name, manifest, *, patch_type, field_manager, force, namespace=""):
        if self.refuses:
            raise self.refuses
        self.applied.append((name, field_manager, force))
        self.count += 1
        metadata = {"uid": str(self.count), "managedFields": [{"manager": field_manager, "operation": "Apply"}]}
        live = {**manifest, "metadata": {**metadata, **manifest["metadata"]}}
        if texts := live.pop("stringData", None):
            live["data"] = {key: b64encode(text.encode()).decode() for key, text in texts.items()}
        self.objects[namespace, name] = live
        return kind.from_dict(live)

    def delete(self, kind, name, namespace=""):
        if name not in self.stays and self.objects.pop((namespace, name), None) is None:
            raise refusal(404, "gone")


@pytest.fixture
def client():
    return Client()


@pytest.fixture
def cluster(client):
    made = Cluster("", namespace="home")
    made.__dict__["client"] = client
    with operation.begin("", URN):
        yield made


def secret(name="words", namespace="todo", **more):
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}, **more}


def test_secret_id_and_string_data(cluster):
    made = Secret(cluster).create(secret(stringData={"a": "one"}), 0)
    assert made.identity == "todo/words"
    assert made.outputs["data"] == {"a": "b25l"}
    assert made.outputs["stringData"] == {"a": "one"}
    assert Secret.secrets == {"data", "stringData"}
    assert "managedFields" not in made.outputs["metadata"]
    assert Secret(cluster).create(secret(namespace=None), 0).identity == "home/words"
    assert Namespace(cluster).create({"metadata": {"name": "todo"}}, 0).identity == "todo"


def test_refresh_ignores_fields_of_others(cluster, client):
    kind = Secret(cluster)
    given = secret(stringData={"a": "one", "b": "two"})
    given["metadata"]["labels"] = {"x": "1", "y": "1"}
    made = kind.create(given, 0)
    live = client.objects["todo", "words"]
    live["metadata"]["labels"] = {"x": "2", "others": "1"}
    live["data"] = {"a": b64encode(b"other").decode(), "others": "eA=="}
    found = kind.read("todo/words", made.outputs)
    refreshed = kind.refresh_inputs(given, found.inputs)
    assert refreshed["stringData"] == {"a": "other"}
    assert refreshed["metadata"] == {"name": "words", "namespace": "todo", "labels": {"x": "2"}}
    assert "data" not in refreshed


def test_import_has_no_server_fields(cluster, client):
    Secret(cluster).create(secret(data={"a": "b25l"}, type="Opaque"), 0)
    found = Secret(cluster).read("todo/words", {})
    assert found.inputs == secret(data={"a": "b25l"}, type="Opaque")
    assert Secret(cluster).read("todo/other", {}) is None


@pytest.mark.parametrize(
    ("keys", "old", "new", "mutable", "replaces"),
    [
        (("stringData", "a"), {}, {}, False, True),
        (("data", "a"), {}, {}, True, False),
        (("data", "a"), {"immutable": True}, {}, True, True),
        (("metadata", "labels", "data"), {}, {}, False, False),
    ],
)
def test_changed_secret_is_replaced_unless_mutable(cluster, keys, old, new, mutable, replaces):
    cluster.secrets_change_in_place = mutable
    assert Secret(cluster).replaces(keys, old, new) is replaces


def test_replacement_with_same_name_deletes_first(cluster):
    kind = Secret(cluster)
    assert kind.deletes_first(secret(), secret())
    assert not kind.deletes_first(secret(), secret("other"))
    assert not kind.deletes_first(secret(), secret(namespace="other"))
    assert kind.deletes_first(secret(), secret(namespace=UNKNOWN))
    assert kind.deletes_first(secret(), {"metadata": UNKNOWN})


def test_foreign_object_is_adopted_only_with_upsert(cluster, client):
    client.objects["todo", "words"] = secret()
    with pytest.raises(ProviderError, match="Secret todo/words exists already; import it"):
        Secret(cluster).create(secret(), 0)
    cluster.takes_over = True
    Secret(cluster).create(secret(), 0)


def test_object_of_a_killed_run_is_adopted(cluster):
    Secret(cluster).create(secret(), 0)
    Secret(cluster).create(secret(), 0)
    with operation.begin("", "urn:another"), pytest.raises(ProviderError, match="exists already"):
        Secret(cluster).create(secret(), 0)


def test_update_keeps_field_manager_and_forces_on_request(cluster, client):
    kind = Secret(cluster)
    made = kind.create(secret(), 0)
    with operation.begin("", "urn:moved by an alias"):
        forced = secret()
        forced["metadata"]["annotations"] = {"pulumi.com/patchForce": "true"}
        kind.update(made, forced, 0)
    manager = made.outputs["__fieldManager"]
    assert client.applied == [("words", manager, False), ("words", manager, True)]


def test_conflict_names_the_annotation(cluster, client):
    client.refuses = refusal(409, 'Apply failed with 1 conflict: conflict with "kubectl" using v1: .data.a')
    with pytest.raises(ProviderError, match=r"Secret todo/words: Apply failed.*patchForce"):
        Secret(cluster).create(secret(), 0)
    client.refuses = refusal(403, "not yours")
    with pytest.raises(ProviderError, match="^Secret todo/words: not yours$"):
        Secret(cluster).create(secret(), 0)


def test_deletion_waits_and_explains_what_remains(cluster, client, monkeypatch):
    monkeypatch.setattr(module, "INTERVAL_SECONDS", 0.01)
    kind = Namespace(cluster)
    made = kind.create({"metadata": {"name": "todo"}}, 0)
    client.stays.add("todo")
    client.objects["", "todo"]["spec"] = {"finalizers": ["kubernetes"]}
    with pytest.raises(ProviderError, match="Namespace todo is still there; its finalizers: kubernetes"):
        kind.delete(made, 0.02)
    condition = {"type": "x", "status": "True", "message": "1 pod remains", "lastTransitionTime": None}
    client.objects["", "todo"]["status"] = {"conditions": [condition]}
    with pytest.raises(ProviderError, match="1 pod remains"):
        kind.delete(made, 0.02)
    client.stays.clear()
    kind.delete(made, 0)
    kind.delete(made, 0)
    assert client.objects == {}


def test_decoders_are_built_at_import():
    assert {Namespace.resource, Secret.resource} == {core_v1.Namespace, core_v1.Secret}
    assert NetworkPolicy.resource == networking_v1.NetworkPolicy


def test_a_network_policy_is_of_its_own_version_of_the_api(cluster, client):
    kind = NetworkPolicy(cluster)
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    made = kind.create({"metadata": {"name": "default-deny", "namespace": "todo"}, "spec": spec}, 0)
    assert (made.identity, made.outputs["apiVersion"]) == ("todo/default-deny", "networking.k8s.io/v1")
    assert made.inputs["spec"] == spec


def test_an_object_in_an_unreachable_cluster_counts_as_deleted():
    """Only with `deletes_unreachable`."""
    text = UNREACHABLE.replace("SERVER", "http://127.0.0.1:9")
    held = Resource("todo/words", secret(), secret())
    with operation.begin("", URN):
        silent = Secret(Cluster(text))
        with pytest.raises(UnreachableError, match="the cluster at http://127.0.0.1:9 does not answer"):
            silent.read("todo/words", {})
        with pytest.raises(UnreachableError):
            silent.delete(held, 0)
        gone = Secret(Cluster(text, deletes_unreachable=True))
        assert gone.read("todo/words", {}) is None
        gone.delete(held, 0)
        with pytest.raises(UnreachableError):
            gone.create(secret(), 0)
