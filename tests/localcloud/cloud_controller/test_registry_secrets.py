"""The pull secret of a cluster that is integrated with the account's registry."""

from __future__ import annotations

import base64
import json

from localcloud.cloud_controller import registry_secrets as module


def namespace(name, phase="Active"):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "status": {"phase": phase}}


def service_account(space, **more):
    metadata = {"name": "default", "namespace": space}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, **more}


def login(cluster, space):
    secret = cluster.get("secrets", "registry-acme", space)
    content = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))
    return content["auths"]["acme"]["auth"]


def test_each_namespace_gets_the_registry_login_after_integration(cluster, controller, account):
    cluster.put("namespaces", namespace("shop"))
    cluster.put("namespaces", namespace("leaving", phase="Terminating"))
    cluster.put("serviceaccounts", service_account("shop"))
    controller.reconcile()
    assert cluster.all("secrets") == []

    account.registry = "acme"
    controller._registry._looked = float("-inf")
    controller.reconcile()
    assert login(cluster, "shop").startswith("login-1-for-")
    assert cluster.get("secrets", "registry-acme", "leaving") is None
    assert cluster.get("serviceaccounts", "default")["imagePullSecrets"] == [{"name": "registry-acme"}]


def test_a_namespace_without_its_service_account_yet_is_no_error(cluster, controller, account):
    account.registry = "acme"
    cluster.put("namespaces", namespace("new"))
    controller.reconcile()
    assert login(cluster, "new")


def test_the_login_is_renewed_before_it_expires(cluster, controller, account, monkeypatch):
    account.registry = "acme"
    cluster.put("namespaces", namespace("shop"))
    controller.reconcile()
    first = login(cluster, "shop")
    monkeypatch.setattr(module, "RENEW_SECONDS", -1)
    controller._registry._looked = float("-inf")
    controller.reconcile()
    assert login(cluster, "shop") != first
