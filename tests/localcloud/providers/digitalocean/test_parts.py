"""What needs no engine and no API."""

from __future__ import annotations

import base64
import datetime as dt
import json

import httpx
import pytest
import yaml

from localcloud.providers.digitalocean import registry_credentials, tags, waiting
from localcloud.providers.digitalocean.client import ApiError, Client
from localcloud.providers.digitalocean.database_parts import parts, uri
from localcloud.providers.digitalocean.kubeconfig import is_expired, kube_config
from localcloud.providers.digitalocean.kubernetes_cluster import KubernetesCluster
from localcloud.providers.digitalocean.kubernetes_cluster_body import find_own_pool
from localcloud.providers.digitalocean.registry_credentials import RegistryCredentials
from localcloud.providers.digitalocean.resource import refresh_inputs
from localcloud.providers.digitalocean.spelling import camel, respell, snake
from localcloud.providers.digitalocean.versions import is_older
from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Input, Resource

SCHEMA = {
    "plain": Input(),
    "default": Input(default=True),
    "chosen": Input(computed=True),
    "set": Input(unordered=True),
    "object": Input(properties={"a": Input(), "b": Input(computed=True)}),
}


@pytest.mark.parametrize(
    ("known", "live", "expected"),
    [
        ({"plain": 1}, {"plain": 2}, {"plain": 2}),
        ({}, {"plain": 2}, {"plain": 2}),
        ({}, {"plain": "", "default": True, "chosen": 1}, {}),
        ({"chosen": 1}, {"chosen": 2}, {"chosen": 2}),
        ({"never read": 1}, {}, {"never read": 1}),
        ({"plain": 1}, {"plain": None}, {"plain": 1}),
        ({"set": [1, 2]}, {"set": [2, 1]}, {"set": [1, 2]}),
        ({"set": [1, 2]}, {"set": [2, 3]}, {"set": [2, 3]}),
        ({"object": {"a": 1}}, {"object": {"a": 2, "b": 3}}, {"object": {"a": 2}}),
        ({"object": [{"a": 1}]}, {"object": [{"a": 1, "b": 3}, {"a": 2}]}, {"object": [{"a": 1}, {"a": 2}]}),
        ({"object": {"a": 1}}, {"object": [1]}, {"object": [1]}),
    ],
)
def test_refreshed_inputs(known, live, expected):
    assert refresh_inputs(known, live, SCHEMA) == expected


@pytest.mark.parametrize(
    ("old", "new", "older"),
    [
        ("1.34.4-do.0", "1.33.8-do.0", True),
        ("1.34.4-do.0", "1.34.4-do.1", False),
        ("1.9.0-do.0", "1.10.0-do.0", False),
        ("1.34.4-do.0", "latest", False),
        ("1.34.4-do.0", "1.34", True),
        ("1.34.4-do.0", "1.35", False),
        ("1.34.4-do.0", "1.34.4", False),
        ("1.34.4", "1.34.4-do.0", True),
        ("1.34.4-do.10", "1.34.4-do.9", True),
    ],
)
def test_is_older(old, new, older):
    assert is_older(old, new) is older


@pytest.mark.parametrize("identity", ["c,n", "c/n", "c/user/n", "c/database/n"])
def test_parts(identity):
    assert parts(identity) == ("c", "n")


def test_parts_of_something_else():
    with pytest.raises(ProviderError, match="a comma and the name"):
        parts("c")


def test_uri_has_the_password():
    connection = {"uri": "postgresql://u:hidden@h:1/d?sslmode=require", "user": "u"}
    assert uri(connection, "p/w") == "postgresql://u:p%2Fw@h:1/d?sslmode=require"


def test_spelling():
    assert (camel("p2p_oci_registry_plugin"), snake("p2pOciRegistryPlugin")) == (
        "p2pOciRegistryPlugin",
        "p2p_oci_registry_plugin",
    )
    assert respell({"issuerUrl": [{"labels": {"aB": 1}}]}, snake) == {"issuer_url": [{"labels": {"aB": 1}}]}


def test_tags():
    assert tags.without_generated(["k8s", "k8s:1", "terraform:x", "mine"]) == ["mine"]
    assert "1 to 255" in tags.TAGS.problem(["no spaces"])


def pem(text):
    return base64.b64encode(text.encode()).decode()


def test_kube_config_has_the_names_of_the_official_provider():
    credentials = {
        "server": "https://h", "certificate_authority_data": "Q0E=", "client_certificate_data": pem("cert"),
        "client_key_data": pem("key"), "token": "", "expires_at": "2030-01-01T00:00:00Z",
    }  # fmt: skip
    made = kube_config("fra1", "c", credentials)
    raw = yaml.safe_load(made["rawConfig"])
    assert raw["current-context"] == "do-fra1-c"
    assert raw["users"] == [
        {"name": "do-fra1-c-admin", "user": {"client-certificate-data": pem("cert"), "client-key-data": pem("key")}}
    ]
    assert (made["clientCertificate"], made["clientKey"], made["host"]) == ("cert", "key", "https://h")


def test_expired_kubeconfig():
    now = dt.datetime.now(dt.UTC)
    assert is_expired({})
    assert is_expired({"expiresAt": (now - dt.timedelta(1)).isoformat()})
    assert not is_expired({"expiresAt": (now + dt.timedelta(1)).isoformat()})


@pytest.mark.parametrize("pool_tags", [[[], []], [["terraform:default-node-pool"]] * 2])
def test_default_pool_must_be_tagged(pool_tags):
    with pytest.raises(ProviderError, match="exactly one must"):
        find_own_pool({"id": "c", "node_pools": [{"tags": one} for one in pool_tags]})


def test_single_pool_is_the_default_pool():
    assert find_own_pool({"id": "c", "node_pools": [{"tags": None}]}) == {"tags": None}


def test_exclusive_plugins():
    inputs = {"amdGpuDevicePlugin": {"enabled": True}, "amdGpuDraDriver": {"enabled": True}}
    assert list(KubernetesCluster(Client("http://h", "t")).check(inputs)) == [
        ("amdGpuDevicePlugin", "amdGpuDevicePlugin and amdGpuDraDriver exclude each other")
    ]


def test_waiting_ends_with_the_timeout():
    with pytest.raises(ProviderError, match=r"it did not start within 0\.15 s"):
        waiting.wait_until(lambda: False, 0.15, "it did not start")


def test_deletion_waits_until_gone():
    answers = [ApiError("used", 409), ApiError("gone", 404)]

    def delete():
        raise answers.pop(0)

    waiting.delete_when_unused(delete, 5, {409})
    assert answers == []


def test_deletion_fails_at_once_for_other_reasons():
    def delete():
        raise ApiError("no", 422)

    with pytest.raises(ApiError, match="^no$"):
        waiting.delete_when_unused(delete, 5, {409})


def credentials(token="a:b"):
    auths = {"registry.digitalocean.com": {"auth": pem(token)}}
    return Resource("r", {}, {"dockerCredentials": json.dumps({"auths": auths})})


@pytest.fixture
def revoked(monkeypatch):
    sent = []
    monkeypatch.setattr(
        registry_credentials.httpx,
        "post",
        lambda url, **more: sent.append((url, more)) or httpx.Response(sent_status[0]),
    )
    sent_status = [200]
    return sent, sent_status


def test_public_clouds_token_is_revoked(revoked):
    sent, status = revoked
    kind = RegistryCredentials(Client("https://api.digitalocean.com", "t"))
    kind.delete(credentials("email:secret"), 0)
    url, request = sent[0]
    assert (url, request["data"]) == (registry_credentials.REVOKE, {"token": "secret"})
    status[0] = 500
    with pytest.raises(ProviderError, match="revoke: 500") as failed:
        kind.delete(credentials("email:secret"), 0)
    assert "secret" not in str(failed.value)


def test_other_clouds_token_is_not_sent_to_the_public_one(revoked):
    sent, _ = revoked
    RegistryCredentials(Client("http://127.0.0.1:1", "t")).delete(credentials(), 0)
    RegistryCredentials(Client("https://api.digitalocean.com", "t")).delete(Resource("r", {}, {}), 0)
    assert sent == []


def test_unanswered_revocation_is_an_error(monkeypatch):
    def post(*_, **__):
        raise httpx.ConnectError("no")

    monkeypatch.setattr(registry_credentials.httpx, "post", post)
    with pytest.raises(ProviderError, match="revoke: ConnectError"):
        RegistryCredentials(Client("https://api.digitalocean.com", "t")).delete(credentials(), 0)
