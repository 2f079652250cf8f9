from __future__ import annotations

import pytest

from localcloud.providers.digitalocean.load_balancer import LoadBalancer
from localcloud.providers.errors import InitializationError, ProviderError
from localcloud.providers.resource_type import Resource
from localcloud.providers.values import UNKNOWN

RULE = {"entryProtocol": "https", "entryPort": 443, "targetProtocol": "http", "targetPort": 80}
SWITCHES = ("redirectHttpToHttps", "enableProxyProtocol", "enableBackendKeepalive", "disableLetsEncryptDnsRecords")
INPUTS = {
    "name": "b", "region": "fra1", "algorithm": "round_robin", "forwardingRules": [RULE], **dict.fromkeys(SWITCHES, False)
}  # fmt: skip
ENTRY = {"entry_protocol": "https", "entry_port": 443, "target_protocol": "http", "target_port": 80}


@pytest.mark.parametrize(
    ("inputs", "names"),
    [
        ({}, ["region"]),
        ({"type": "GLOBAL"}, []),
        ({"type": "global", "region": "fra1"}, ["region"]),
        ({"type": UNKNOWN}, []),
        ({"region": "fra1", "dropletIds": [1], "dropletTag": "t"}, ["dropletIds"]),
        ({"region": "fra1", "subnetUuid": "s"}, ["vpcUuid"]),
        ({"region": "fra1", "healthcheck": {"protocol": "http"}}, ["healthcheck.path"]),
        ({"region": "fra1", "healthcheck": {"protocol": "tcp", "path": "/"}}, ["healthcheck.path"]),
        (
            {"region": "fra1", "stickySessions": {"type": "cookies"}},
            ["stickySessions.cookieName", "stickySessions.cookieTtlSeconds"],
        ),
        ({"region": "fra1", "stickySessions": {"type": "none", "cookieName": "c"}}, ["stickySessions.cookieName"]),
    ],
)
def test_inputs_that_do_not_go_together(scripted, inputs, names):
    assert [name for name, _ in LoadBalancer(scripted).check(inputs)] == names


def test_failed_one_stays_in_the_state(server, scripted):
    balancer = {"id": "b-1", "name": "b", "region": {"slug": "fra1"}, "forwarding_rules": [ENTRY]}
    server.plan = [
        (202, {"load_balancer": {**balancer, "status": "new"}}),
        (200, {"load_balancer": {**balancer, "status": "errored"}}),
    ]
    with pytest.raises(InitializationError, match=r"load balancer b \(b-1\) is in state errored") as failed:
        LoadBalancer(scripted).create(INPUTS, 0)
    assert failed.value.identity == "b-1"
    assert failed.value.outputs["forwardingRules"] == [RULE]


def test_unknown_certificate_is_named(server, scripted):
    server.plan = [(200, {"certificates": []})]
    inputs = {**INPUTS, "forwardingRules": [{**RULE, "certificateName": "mine"}]}
    with pytest.raises(ProviderError, match="certificateName mine: the account has no certificate of that name"):
        LoadBalancer(scripted).create(inputs, 0)
    assert server.seen == ["GET"]


def test_update_sends_back_what_the_cloud_chose(scripted):
    was = {"dropletIds": [7], "projectId": "p", "vpcUuid": "v", "type": "REGIONAL", "sizeUnit": 2, "healthcheck": {
        "protocol": "http", "port": 80, "path": "/", "checkIntervalSeconds": 10,
    }, "ip": "192.0.2.1"}  # fmt: skip
    body = LoadBalancer(scripted)._body(INPUTS, was)
    assert body["health_check"]["check_interval_seconds"] == 10
    assert (body["droplet_ids"], body["project_id"], body["size_unit"]) == ([7], "p", 2)
    assert "ip" not in body
    assert body["forwarding_rules"] == [{**ENTRY, "tls_passthrough": False}]


def test_tag_takes_the_place_of_droplets(scripted):
    body = LoadBalancer(scripted)._body({**INPUTS, "dropletTag": "k8s"}, {"dropletIds": [7]})
    assert body["tag"] == "k8s"
    assert "droplet_ids" not in body


def test_delete_of_one_that_is_gone_is_no_error(server, scripted):
    server.plan = [404]
    LoadBalancer(scripted).delete(Resource("b-1", INPUTS, INPUTS), 0)
