"""Each row changes a load balancer."""

from __future__ import annotations

from .inputs import HTTP, HTTPS
from .resource_types import BALANCER
from .row import Table

HEALTHCHECK = {"protocol": "http", "port": 80, "path": "/", "checkIntervalSeconds": 20}


def add_load_balancers(table: Table) -> None:
    update = {
        "name": "balancer-by-another-name", "sizeUnit": 2, "size": "lb-medium", "algorithm": "least_connections",
        "redirectHttpToHttps": False, "enableProxyProtocol": True, "enableBackendKeepalive": True,
        "disableLetsEncryptDnsRecords": True, "httpIdleTimeoutSeconds": 90, "dropletIds": [1, 2], "dropletTag": "k8s",
        "healthcheck": HEALTHCHECK, "stickySessions": {"type": "cookies", "cookieName": "c1", "cookieTtlSeconds": 9},
        "firewall": {"denies": ["cidr:192.0.2.0/24"]}, "tlsCipherPolicy": "STRONG",
        "projectId": {"$id": "other-group"},
    }  # fmt: skip
    for name, value in update.items():
        # What the cloud chose is compared part by part.
        parts = {
            "healthcheck": ("healthcheck.checkIntervalSeconds",), "stickySessions": ("stickySessions.type",),
            "dropletIds": ("dropletIds[0]",),
        }  # fmt: skip
        table.add(f"balancer {name}", BALANCER, {}, {name: value}, "update", changed=parts.get(name, (name,)),
                  applied=name != "dropletIds")  # fmt: skip
    replace = {
        "region": "ams3", "type": "REGIONAL_NETWORK", "vpcUuid": {"$id": "new-vpc"}, "network": "INTERNAL",
        "networkStack": "DUALSTACK", "ip": "203.0.113.9",
    }  # fmt: skip
    for name, value in replace.items():
        # A network balancer takes no HTTP, and an address must be the account's.
        table.add(f"balancer {name}", BALANCER, {}, {name: value}, "replace", applied=name not in {"type", "ip"})
    table.add("balancer subnetUuid", BALANCER, {"vpcUuid": {"$id": "first-vpc"}},
              {"subnetUuid": "8f2f5f9c-0000-4000-8000-000000000000"}, "replace")  # fmt: skip
    table.add("balancer target port", BALANCER, {}, {"forwardingRules": [HTTP, {**HTTPS, "targetPort": 30443}]},
              "update", changed=("forwardingRules[1].targetPort",))  # fmt: skip
    table.add("balancer certificate", BALANCER, {},
              {"forwardingRules": [HTTP, {**HTTPS, "certificateName": "other-certificate"}]}, "update",
              changed=("forwardingRules[1].certificateName",))  # fmt: skip
    table.add("balancer rule removed", BALANCER, {"redirectHttpToHttps": False}, {"forwardingRules": [HTTPS]}, "update",
              changed=("forwardingRules[0]",))  # fmt: skip
    table.add("balancer rules in another order", BALANCER, {}, {"forwardingRules": [HTTPS, HTTP]}, "same")
    table.add("balancer defaults spelled out", BALANCER, {}, {"algorithm": "round_robin", "sizeUnit": 1,
              "enableProxyProtocol": False, "healthcheck": {"protocol": "http", "port": 80, "path": "/"}}, "same")  # fmt: skip
    table.add("balancer region in capitals", BALANCER, {}, {"region": "FRA1"}, "same")
    _add_load_balancers_changed_by_hand(table)


def _add_load_balancers_changed_by_hand(table: Table) -> None:
    path, before = "/v2/load_balancers/{id}", {"redirectHttpToHttps": False, "forwardingRules": [HTTP]}
    rules = [{"entry_protocol": "tcp", "entry_port": 443, "target_protocol": "tcp", "target_port": 31443}]
    adopted = {"region": "fra1", "type": "REGIONAL", "forwarding_rules": rules, "droplet_ids": []}
    table.add("balancer adopted", BALANCER, before, {}, "same", drift="update",
              changed=("forwardingRules[0].entryPort",),
              hand=("PUT", path, {**adopted, "name": "balancer-adopted"}))  # fmt: skip
    table.add("balancer adopted and ignored", BALANCER, before, {}, "same", drift="same",
              options={"ignore_changes": ["forwardingRules"]},
              hand=("PUT", path, {**adopted, "name": "balancer-adopted-and-ignored"}))  # fmt: skip
    table.add("balancer deleted by hand", BALANCER, {}, {}, "same", hand=("DELETE", path, None), drift="create")
