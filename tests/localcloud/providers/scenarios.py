"""The table of scenarios: what a change of each input does, as the official provider's source says.

A row is one resource, declared as `before` and then as `after`. `IGNORED` names the fourteen changes for which
Slipway's former in-process engine reported "unchanged".
"""

from __future__ import annotations

import datetime as dt
from copy import deepcopy
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

VPC = "digitalocean:index/vpc:Vpc"
REGISTRY = "digitalocean:index/containerRegistry:ContainerRegistry"
CREDENTIALS = "digitalocean:index/containerRegistryDockerCredentials:ContainerRegistryDockerCredentials"
CLUSTER = "digitalocean:index/kubernetesCluster:KubernetesCluster"
POOL = "digitalocean:index/kubernetesNodePool:KubernetesNodePool"
DATABASE = "digitalocean:index/databaseCluster:DatabaseCluster"
DB = "digitalocean:index/databaseDb:DatabaseDb"
USER = "digitalocean:index/databaseUser:DatabaseUser"
CONNECTIONS = "digitalocean:index/databaseConnectionPool:DatabaseConnectionPool"
BALANCER = "digitalocean:index/loadBalancer:LoadBalancer"
CERTIFICATE = "digitalocean:index/certificate:Certificate"
DOMAIN = "digitalocean:index/domain:Domain"
RECORD = "digitalocean:index/dnsRecord:DnsRecord"
CHECK = "digitalocean:index/uptimeCheck:UptimeCheck"
UPTIME_ALERT = "digitalocean:index/uptimeAlert:UptimeAlert"
MONITOR_ALERT = "digitalocean:index/monitorAlert:MonitorAlert"
PROJECT = "digitalocean:index/project:Project"
PROJECT_RESOURCES = "digitalocean:index/projectResources:ProjectResources"
FIREWALL = "digitalocean:index/databaseFirewall:DatabaseFirewall"
LOGSINK = "digitalocean:index/databaseLogsinkRsyslog:DatabaseLogsinkRsyslog"

HOME = {"$id": "home"}  # the cluster of the node pools
PG = {"$id": "pg"}
TIMING_OUT = {"protocol": "http", "port": 80, "path": "/", "checkIntervalSeconds": 20}
HTTP = {"entryProtocol": "http", "entryPort": 80, "targetProtocol": "http", "targetPort": 30080}
HTTPS = {**HTTP, "entryProtocol": "https", "entryPort": 443, "certificateName": "shared-certificate"}
MAIL, OTHER_MAIL = {"emails": ["ops@example.com"]}, {"emails": ["ops@example.com", "on-call@example.com"]}
SLACK = {"slacks": [{"channel": "#ops", "url": "https://hooks.slack.com/services/T/B/X"}]}
OLD, MIDDLE, NEW = "1.33.8-do.0", "1.34.4-do.0", "1.35.1-do.0"

URN = "do:domain:{}.example.com"

Inputs = dict


@dataclass(frozen=True)
class Row:
    """One resource and one change of it.

    Attributes:
        op: same, update or replace.
        changed: the properties that the detailed diff must name.
        applied: whether the change is carried out; not where it would disturb other rows.
        hand: a change behind Pulumi's back, `(method, path, body)`; `{id}` stands for the resource's id.
        drift: what a refresh then finds, as `op`; `before` and `after` are the same in such a row.
    """

    name: str
    type: str
    before: Inputs
    after: Inputs
    op: str
    changed: tuple[str, ...] = ()
    applied: bool = True
    options: dict = field(default_factory=dict)
    hand: tuple = ()
    drift: str = ""


def _base(type_: str, name: str, number: int) -> Inputs:
    pool = {"name": f"{name}-own", "size": "s-2vcpu-4gb", "autoScale": True, "minNodes": 1, "maxNodes": 2}
    bases = {
        VPC: {"name": name, "region": "fra1", "ipRange": f"10.{number}.0.0/20"},
        REGISTRY: {"name": name, "region": "fra1", "subscriptionTierSlug": "professional"},
        CREDENTIALS: {"registryName": "shared-registry"},
        CLUSTER: {"name": name, "region": "fra1", "version": MIDDLE, "nodePool": pool},
        POOL: {"clusterId": HOME, **pool, "name": name, "labels": {"a": "1", "b": "2"}},
        DATABASE: {
            "name": name, "engine": "pg", "version": "16", "size": "db-s-1vcpu-1gb", "region": "fra1", "nodeCount": 1
        },
        DB: {"clusterId": PG, "name": name},
        USER: {"clusterId": PG, "name": name},
        CONNECTIONS: {
            "clusterId": PG, "name": name, "mode": "transaction", "size": 1, "dbName": "defaultdb", "user": "first"
        },
        BALANCER: {
            "name": name, "region": "fra1", "type": "REGIONAL", "forwardingRules": [HTTP, HTTPS],
            "redirectHttpToHttps": True,
        },
        CERTIFICATE: {"name": name, "type": "lets_encrypt", "domains": ["example.com", "*.example.com"]},
        DOMAIN: {"name": f"{name}.example.com".lower()},
        RECORD: {"domain": {"$id": "zone"}, "type": "A", "name": name, "value": "192.0.2.1", "ttl": 300},
        CHECK: {"name": name, "target": "https://example.com", "regions": ["eu_west", "us_east"]},
        UPTIME_ALERT: {
            "name": name, "checkId": {"$id": "probe"}, "type": "down_global", "period": "2m", "notifications": [MAIL]
        },
        MONITOR_ALERT: {
            "type": "v1/insights/lbaas/avg_cpu_utilization_percent", "compare": "GreaterThan", "value": 80,
            "description": name, "window": "5m", "entities": ["8f2f5f9c-0000-4000-8000-000000000000"], "alerts": MAIL,
        },
        PROJECT: {"name": name, "environment": "Staging"},
        PROJECT_RESOURCES: {"project": {"$id": "group"}, "resources": [URN.format(number)]},
        FIREWALL: {"clusterId": PG, "rules": [{"type": "ip_addr", "value": "10.0.0.1"}]},
        LOGSINK: {"clusterId": PG, "name": name, "server": "logs.example.com", "port": 6514, "tls": True},
    }  # fmt: skip
    return deepcopy(bases[type_])


def _with(inputs: Inputs, changes: Inputs) -> Inputs:
    """The inputs with `a.b` set to a value; None leaves it out."""
    made = deepcopy(inputs)
    for path, value in changes.items():
        *way, last = path.split(".")
        at = made
        for key in way:
            at = at.setdefault(key, {})
        if value is None:
            at.pop(last, None)
        else:
            at[last] = deepcopy(value)
    return made


DEPENDS_ON = {
    CREDENTIALS: "shared-registry", CONNECTIONS: "first", BALANCER: "shared-certificate", CERTIFICATE: "example",
}  # fmt: skip


class _Table:
    """Rows as they are written down."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def add(self, name: str, type_: str, before: Inputs, after: Inputs, op: str, **more) -> None:
        short = name.replace(" ", "-")
        base = _with(_base(type_, short, len(self.rows) + 1), before)
        changed = more.pop("changed", tuple(after) if op != "same" else ())
        if type_ in DEPENDS_ON:
            more["options"] = {**more.get("options", {}), "depends_on": [DEPENDS_ON[type_]]}
        self.rows.append(Row(name, type_, base, _with(base, after), op, changed, **more))


def _vpc(table: _Table) -> None:
    table.add("vpc renamed", VPC, {}, {"name": "vpc-by-another-name"}, "update")
    table.add("vpc described", VPC, {}, {"description": "x"}, "update")
    table.add("vpc no longer described", VPC, {"description": "x"}, {"description": None}, "update")
    table.add("vpc description empty", VPC, {}, {"description": ""}, "same")
    table.add("vpc region", VPC, {}, {"region": "ams3"}, "replace")
    table.add("vpc range", VPC, {}, {"ipRange": "10.250.0.0/20"}, "replace")
    table.add("vpc range left to the cloud", VPC, {}, {"ipRange": None}, "same")
    table.add("vpc renamed by hand", VPC, {}, {}, "same", hand=("PUT", "/v2/vpcs/{id}", {"name": "hand"}),
              drift="update", changed=("name",))  # fmt: skip
    table.add("vpc described by hand", VPC, {}, {}, "same", hand=("PUT", "/v2/vpcs/{id}", {"description": "hand"}),
              drift="update", changed=("description",))  # fmt: skip
    table.add("vpc deleted by hand", VPC, {}, {}, "same", hand=("DELETE", "/v2/vpcs/{id}", None), drift="create")


def _registry(table: _Table) -> None:
    table.add("registry tier", REGISTRY, {}, {"subscriptionTierSlug": "basic"}, "update", applied=False)
    table.add("registry region", REGISTRY, {}, {"region": "ams3"}, "replace")
    table.add("registry region left to the cloud", REGISTRY, {}, {"region": None}, "same")
    table.add("registry name", REGISTRY, {}, {"name": "registry-other"}, "replace")
    table.add("credentials may write", CREDENTIALS, {}, {"write": True}, "update")
    table.add("credentials expiry", CREDENTIALS, {}, {"expirySeconds": 3600}, "update")
    table.add("credentials default expiry", CREDENTIALS, {}, {"expirySeconds": 1_576_800_000}, "same")
    table.add("credentials registry", CREDENTIALS, {}, {"registryName": "second-registry"}, "replace")


def _cluster(table: _Table) -> None:
    update = {
        "name": "cluster-by-another-name", "version": NEW, "ha": True, "autoUpgrade": True, "surgeUpgrade": False,
        "tags": ["x", "y"], "registryIntegration": True, "destroyAllAssociatedResources": True,
        "kubeconfigExpireSeconds": 3600, "nodePool.name": "renamed", "nodePool.maxNodes": 3, "nodePool.minNodes": 2,
        "nodePool.nodeCount": 2, "nodePool.autoScale": False, "nodePool.tags": ["x"], "nodePool.labels": {"a": "1"},
    }  # fmt: skip
    for path, value in update.items():
        more = {"nodePool.nodeCount": 1} if path == "nodePool.autoScale" else {}
        table.add(f"cluster {path.replace('.', ' ')}", CLUSTER, more, {path: value}, "update",
                  changed=("nodePool.labels" if path == "nodePool.labels" else path,))  # fmt: skip
    replace = {
        "region": "ams3", "vpcUuid": {"$id": "new-vpc"}, "workerSubnetUuid": "8f2f5f9c-0000-4000-8000-000000000000",
        "clusterSubnet": "10.100.0.0/16", "serviceSubnet": "10.101.0.0/19", "isolatedWorkers": True,
        "nodePool.size": "s-4vcpu-8gb", "nodePool.gpuPartitionMode": "AMD_PARTITION_MODE_SPX_NPS1",
    }  # fmt: skip
    for path, value in replace.items():
        table.add(f"cluster {path.replace('.', ' ')}", CLUSTER, {}, {path: value}, "replace")
    table.add("cluster version lowered", CLUSTER, {}, {"version": OLD}, "replace", changed=("version",))
    taint = {"key": "k", "value": "v", "effect": "NoSchedule"}
    table.add("cluster nodePool taints", CLUSTER, {}, {"nodePool.taints": [taint]}, "update")
    for switch in ("routingAgent", "corednsAutoscaler", "p2pOciRegistryPlugin", "amdGpuDevicePlugin",
                   "amdGpuDeviceMetricsExporterPlugin", "amdGpuDraDriver", "nvidiaGpuDevicePlugin",
                   "nvidiaGpuDraDriver", "rdmaSharedDevicePlugin", "nfsCsiPlugin"):  # fmt: skip
        table.add(f"cluster {switch}", CLUSTER, {}, {switch: {"enabled": True}}, "update")
    firewall = {"enabled": True, "allowedAddresses": ["10.0.0.0/8"]}
    table.add("cluster firewall", CLUSTER, {"controlPlaneFirewall": firewall},
              {"controlPlaneFirewall.allowedAddresses": ["10.0.0.0/8", "192.0.2.1/32"]}, "update",
              changed=("controlPlaneFirewall.allowedAddresses[1]",))  # fmt: skip
    table.add("cluster firewall left to the cloud", CLUSTER, {"controlPlaneFirewall": firewall},
              {"controlPlaneFirewall": None}, "same")  # fmt: skip
    table.add("cluster maintenance", CLUSTER, {"maintenancePolicy": {"day": "sunday", "startTime": "04:00"}},
              {"maintenancePolicy.day": "monday"}, "update")  # fmt: skip
    table.add("cluster autoscaler", CLUSTER,
              {"clusterAutoscalerConfigurations": [{"scaleDownUtilizationThreshold": 0.5}]},
              {"clusterAutoscalerConfigurations": [{"scaleDownUtilizationThreshold": 0.65}]}, "update",
              changed=("clusterAutoscalerConfigurations[0].scaleDownUtilizationThreshold",))  # fmt: skip
    table.add("cluster sso", CLUSTER, {}, {"ssos": [{"enabled": True, "issuerUrl": "https://i", "clientId": "c"}]},
              "update", changed=("ssos[0]",))  # fmt: skip
    table.add("cluster tags in another order", CLUSTER, {"tags": ["x", "y"]}, {"tags": ["y", "x"]}, "same")
    table.add("cluster defaults spelled out", CLUSTER, {}, {"surgeUpgrade": True, "autoUpgrade": False,
              "nodePool.nodeCount": 1, "nodePool.labels": {}, "tags": []}, "same")  # fmt: skip
    _cluster_by_hand(table)


def _cluster_by_hand(table: _Table) -> None:
    path = "/v2/kubernetes/clusters/{id}"
    table.add("cluster tagged by hand", CLUSTER, {"tags": ["x"]}, {}, "same",
              hand=("PUT", path, {"name": "cluster-tagged-by-hand", "tags": ["x", "h"]}),
              drift="update", changed=("tags[1]",))  # fmt: skip
    table.add("cluster surge off by hand", CLUSTER, {}, {}, "same",
              hand=("PUT", path, {"name": "cluster-surge-off-by-hand", "surge_upgrade": False}),
              drift="update", changed=("surgeUpgrade",))  # fmt: skip
    table.add("cluster upgraded by hand", CLUSTER, {}, {}, "same", hand=("POST", path + "/upgrade", {"version": NEW}),
              drift="replace", changed=("version",))  # fmt: skip
    table.add("cluster deleted by hand", CLUSTER, {}, {}, "same", hand=("DELETE", path, None), drift="create")


def _pools(table: _Table) -> None:
    taints = [{"key": "k", "value": "v", "effect": "NoSchedule"}, {"key": "l", "value": "v", "effect": "NoExecute"}]
    table.add("pool name", POOL, {}, {"name": "pool-by-another-name"}, "update")
    table.add("pool label added", POOL, {}, {"labels.c": "3"}, "update")
    table.add("pool label removed", POOL, {}, {"labels": {"a": "1"}}, "update", changed=("labels.b",))
    table.add("pool taint", POOL, {}, {"taints": taints[:1]}, "update")
    table.add("pool taint removed", POOL, {"taints": taints[:1]}, {"taints": None}, "update")
    table.add("pool taints in another order", POOL, {"taints": taints}, {"taints": taints[::-1]}, "same")
    table.add("pool tags", POOL, {}, {"tags": ["x"]}, "update")
    table.add("pool max nodes", POOL, {}, {"maxNodes": 3}, "update")
    table.add("pool min nodes", POOL, {}, {"minNodes": 2}, "update")
    table.add("pool min nodes zero", POOL, {}, {"minNodes": 0}, "update")
    table.add("pool node count", POOL, {}, {"nodeCount": 2}, "update")
    table.add("pool node count as it is", POOL, {}, {"nodeCount": 1}, "same")
    table.add("pool no autoscaling", POOL, {"nodeCount": 1}, {"autoScale": False}, "update")
    table.add("pool size", POOL, {}, {"size": "s-4vcpu-8gb"}, "replace")
    table.add("pool gpu mode", POOL, {}, {"gpuPartitionMode": "AMD_PARTITION_MODE_DPX_NPS2"}, "replace")
    table.add("pool cluster", POOL, {}, {"clusterId": {"$id": "second"}}, "replace")
    path = "/v2/kubernetes/clusters/{home}/node_pools/{id}"
    table.add("pool labelled by hand", POOL, {}, {}, "same", drift="update", changed=("labels.h",),
              hand=("PUT", path, {"labels": {"a": "1", "b": "2", "h": "1"}}))  # fmt: skip
    table.add("pool scaled by the autoscaler", POOL, {}, {}, "same", hand=("PUT", path, {"count": 2}), drift="same")
    table.add("pool deleted by hand", POOL, {}, {}, "same", hand=("DELETE", path, None), drift="create")


def _databases(table: _Table) -> None:
    update = {
        "version": "17", "size": "db-s-2vcpu-4gb", "nodeCount": 2, "region": "ams3", "tags": ["x"],
        "storageSizeMib": "20480", "storageAutoscale": {"enabled": True, "thresholdPercent": 80},
        "maintenanceWindows": [{"day": "sunday", "hour": "04:00"}], "backupRestore": {"databaseName": "other"},
    }  # fmt: skip
    for name, value in update.items():
        table.add(f"database {name}", DATABASE, {}, {name: value}, "update")
    replace = {
        "name": "database-by-another-name", "privateNetworkUuid": {"$id": "new-vpc"},
        "projectId": "8f2f5f9c-0000-4000-8000-000000000000",
    }  # fmt: skip
    for name, value in replace.items():
        table.add(f"database {name}", DATABASE, {}, {name: value}, "replace")
    table.add("database engine", DATABASE, {}, {"engine": "mysql", "version": "8"}, "replace", changed=("engine",))
    window = [{"day": "sunday", "hour": "04:00"}]
    table.add("database maintenance hour", DATABASE, {"maintenanceWindows": window},
              {"maintenanceWindows": [{"day": "sunday", "hour": "05:00"}]}, "update",
              changed=("maintenanceWindows[0].hour",))  # fmt: skip
    table.add("database maintenance seconds", DATABASE, {"maintenanceWindows": window},
              {"maintenanceWindows": [{"day": "sunday", "hour": "04:00:00"}]}, "same")  # fmt: skip
    table.add("database sqlMode", DATABASE, {"engine": "mysql", "version": "8"}, {"sqlMode": "ANSI"}, "update")
    table.add("database evictionPolicy", DATABASE, {"engine": "valkey", "version": "8"},
              {"evictionPolicy": "allkeys_lru"}, "update")  # fmt: skip
    table.add("database redis to valkey", DATABASE, {"engine": "redis", "version": "8"}, {"engine": "valkey"}, "same")
    table.add("database resized by hand", DATABASE, {}, {}, "same", drift="update", changed=("nodeCount", "size"),
              hand=("PUT", "/v2/databases/{id}/resize", {"size": "db-s-2vcpu-4gb", "num_nodes": 2}))  # fmt: skip
    table.add("database deleted by hand", DATABASE, {}, {}, "same", hand=("DELETE", "/v2/databases/{id}", None),
              drift="create")  # fmt: skip


def _parts(table: _Table) -> None:
    table.add("db name", DB, {}, {"name": "other-db"}, "replace")
    table.add("db cluster", DB, {}, {"clusterId": {"$id": "mysql"}}, "replace")
    table.add("db deleted by hand", DB, {}, {}, "same", drift="create",
              hand=("DELETE", "/v2/databases/{pg}/dbs/db-deleted-by-hand", None))  # fmt: skip
    table.add("user name", USER, {}, {"name": "other-user"}, "replace")
    table.add("user cluster", USER, {}, {"clusterId": {"$id": "mysql"}}, "replace")
    table.add("user mysqlAuthPlugin", USER, {"clusterId": {"$id": "mysql"}},
              {"mysqlAuthPlugin": "mysql_native_password"}, "update")  # fmt: skip
    table.add("user settings", USER, {}, {"settings": [{"acls": [{"topic": "t", "permission": "admin"}]}]}, "update")
    table.add("user deleted by hand", USER, {}, {}, "same", drift="create",
              hand=("DELETE", "/v2/databases/{pg}/users/user-deleted-by-hand", None))  # fmt: skip
    for name, value in {"name": "other-pool", "mode": "session", "size": 2, "dbName": "x", "user": "second"}.items():
        table.add(f"connections {name}", CONNECTIONS, {}, {name: value}, "replace")
    table.add("connections deleted by hand", CONNECTIONS, {}, {}, "same", drift="create",
              hand=("DELETE", "/v2/databases/{pg}/pools/connections-deleted-by-hand", None))  # fmt: skip
    one, two = {"type": "ip_addr", "value": "10.0.0.1"}, {"type": "tag", "value": "x"}
    table.add("db firewall rule", FIREWALL, {"clusterId": {"$id": "fw-1"}}, {"rules": [one, two]}, "update",
              changed=("rules[1]",))  # fmt: skip
    table.add("db firewall order", FIREWALL, {"clusterId": {"$id": "fw-2"}, "rules": [one, two]},
              {"rules": [two, one]}, "same")  # fmt: skip
    table.add(
        "db firewall cluster", FIREWALL, {"clusterId": {"$id": "fw-3"}}, {"clusterId": {"$id": "pg"}}, "replace"
    )
    table.add("db firewall opened by hand", FIREWALL, {"clusterId": {"$id": "mysql"}}, {}, "same", drift="update",
              changed=("rules[0].value",),
              hand=("PUT", "/v2/databases/{mysql}/firewall", {"rules": [{"type": "ip_addr", "value": "0.0.0.0/0"}]}))  # fmt: skip


def _logsink(table: _Table) -> None:
    update = {"server": "other.example.com", "port": 6515, "tls": False, "format": "rfc3164", "structuredData": "[x]"}
    for name, value in update.items():
        table.add(f"logsink {name}", LOGSINK, {}, {name: value}, "update")
    certificate, key = (pem.strip() for pem in _pems())  # with a last line end each preview would have a change
    table.add("logsink authority", LOGSINK, {}, {"caCert": certificate}, "update")
    mutual = {"clientCert": certificate, "clientKey": key}
    table.add("logsink client", LOGSINK, {}, mutual, "update")
    line = {"format": "custom", "logline": "%msg%"}
    table.add("logsink line", LOGSINK, line, {"logline": "%pri% %msg%"}, "update")
    table.add("logsink defaults spelled out", LOGSINK, {}, {"format": "rfc5424"}, "same")
    table.add("logsink name", LOGSINK, {}, {"name": "other-sink"}, "replace")
    table.add("logsink cluster", LOGSINK, {}, {"clusterId": {"$id": "mysql"}}, "replace")
    table.add("logsink deleted by hand", LOGSINK, {}, {}, "same", drift="create",
              hand=("DELETE", "/v2/databases/{pg}/logsink/{sink}", None))  # fmt: skip


def _pems() -> tuple[str, str]:
    """A certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "own.example.com")])
    start = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(start)
    names = x509.SubjectAlternativeName([x509.DNSName("own.example.com")])
    signed = builder.not_valid_after(start + dt.timedelta(30)).add_extension(names, False).sign(key, hashes.SHA256())
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return signed.public_bytes(Encoding.PEM).decode(), text


def _balancers(table: _Table) -> None:
    update = {
        "name": "balancer-by-another-name", "sizeUnit": 2, "size": "lb-medium", "algorithm": "least_connections",
        "redirectHttpToHttps": False, "enableProxyProtocol": True, "enableBackendKeepalive": True,
        "disableLetsEncryptDnsRecords": True, "httpIdleTimeoutSeconds": 90, "dropletIds": [1, 2], "dropletTag": "k8s",
        "healthcheck": TIMING_OUT, "stickySessions": {"type": "cookies", "cookieName": "c1", "cookieTtlSeconds": 9},
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
    _balancers_by_hand(table)


def _balancers_by_hand(table: _Table) -> None:
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


def _certificates(table: _Table) -> None:
    (leaf, key), (other_leaf, other_key) = _pems(), _pems()
    own = {"type": "custom", "domains": None, "privateKey": key, "leafCertificate": leaf}
    table.add("certificate name", CERTIFICATE, {}, {"name": "certificate-by-another-name"}, "replace")
    table.add("certificate domains", CERTIFICATE, {}, {"domains": ["example.com", "www.example.com"]}, "replace",
              changed=("domains[1]",))  # fmt: skip
    table.add("certificate domains in another order", CERTIFICATE, {}, {"domains": ["*.example.com", "example.com"]},
              "same")  # fmt: skip
    table.add("certificate type", CERTIFICATE, {}, own, "replace", changed=("type", "privateKey", "leafCertificate"))
    table.add("certificate chain", CERTIFICATE, own, {"certificateChain": other_leaf}, "replace")
    table.add("certificate of one's own", CERTIFICATE, own, {"leafCertificate": other_leaf, "privateKey": other_key},
              "replace")  # fmt: skip
    table.add("certificate own, default type", CERTIFICATE, own, {"type": None}, "same")
    table.add("certificate deleted by hand", CERTIFICATE, {}, {}, "same", drift="create",
              hand=("DELETE", "/v2/certificates/{uuid}", None))  # fmt: skip


def _domains(table: _Table) -> None:
    table.add("domain name", DOMAIN, {}, {"name": "domain-by-another-name.example.com"}, "replace")
    # The new one would come first, and could not have the same name; so it is with the official provider.
    table.add("domain ipAddress", DOMAIN, {}, {"ipAddress": "192.0.2.1"}, "replace", applied=False)
    table.add("domain deleted by hand", DOMAIN, {}, {}, "same", hand=("DELETE", "/v2/domains/{id}", None),
              drift="create")  # fmt: skip
    for name, value in {"name": "record-by-another-name", "value": "192.0.2.2", "ttl": 600}.items():
        table.add(f"record {name}", RECORD, {}, {name: value}, "update")
    table.add("record ttl left to the cloud", RECORD, {}, {"ttl": None}, "same")
    table.add("record type", RECORD, {}, {"type": "TXT"}, "replace")
    table.add("record domain", RECORD, {}, {"domain": {"$id": "other-zone"}}, "replace")
    alias = {"type": "CNAME", "value": "target.example.org."}
    table.add("record alias with a dot", RECORD, alias, {}, "same")
    table.add("record alias elsewhere", RECORD, alias, {"value": "other.example.org."}, "update")
    table.add("record mail", RECORD, {**alias, "type": "MX", "priority": 10}, {"priority": 20}, "update")
    service = {**alias, "type": "SRV", "priority": 1, "weight": 1, "port": 443}
    for name in ("weight", "port"):
        table.add(f"record {name}", RECORD, service, {name: 8}, "update")
    authority = {"type": "CAA", "value": "letsencrypt.org.", "flags": 0, "tag": "issue"}
    table.add("record authority", RECORD, authority, {"tag": "issuewild", "flags": 128}, "update")
    path = "/v2/domains/zone.example.com/records/{id}"
    table.add("record changed by hand", RECORD, {}, {}, "same", hand=("PUT", path, {"type": "A", "data": "203.0.113.1"}),
              drift="update", changed=("value",))  # fmt: skip
    table.add("record deleted by hand", RECORD, {}, {}, "same", hand=("DELETE", path, None), drift="create")


def _watching(table: _Table) -> None:
    update = {
        "name": "check-by-another-name", "target": "https://www.example.com", "type": "http", "enabled": False,
        "regions": ["eu_west"],
    }  # fmt: skip
    for name, value in update.items():
        changed = ("regions[1]",) if name == "regions" else (name,)
        table.add(f"check {name}", CHECK, {}, {name: value}, "update", changed=changed)
    table.add("check regions in another order", CHECK, {}, {"regions": ["us_east", "eu_west"]}, "same")
    table.add("check defaults spelled out", CHECK, {}, {"type": "https", "enabled": True}, "same")
    table.add("check disabled by hand", CHECK, {}, {}, "same", drift="update", changed=("enabled",),
              hand=("PUT", "/v2/uptime/checks/{id}", {"name": "n", "enabled": False}))  # fmt: skip
    table.add("check deleted by hand", CHECK, {}, {}, "same", hand=("DELETE", "/v2/uptime/checks/{id}", None),
              drift="create")  # fmt: skip
    update = {"name": "alert-by-another-name", "type": "down", "period": "5m"}
    for name, value in update.items():
        table.add(f"alert {name}", UPTIME_ALERT, {}, {name: value}, "update")
    latency = {"type": "latency", "comparison": "greater_than", "threshold": 500}
    for name, value in {"threshold": 900, "comparison": "less_than"}.items():
        table.add(f"alert {name}", UPTIME_ALERT, latency, {name: value}, "update")
    table.add("alert receivers", UPTIME_ALERT, {}, {"notifications": [OTHER_MAIL]}, "update",
              changed=("notifications[0].emails[1]",))  # fmt: skip
    table.add("alert to slack", UPTIME_ALERT, {}, {"notifications": [{**MAIL, **SLACK}]}, "update",
              changed=("notifications[0].slacks",))  # fmt: skip
    path = "/v2/uptime/checks/{probe}/alerts/{id}"
    table.add("alert changed by hand", UPTIME_ALERT, {}, {}, "same", drift="update", changed=("period",),
              hand=("PUT", path, {"period": "1h"}))  # fmt: skip
    table.add("alert deleted by hand", UPTIME_ALERT, {}, {}, "same", hand=("DELETE", path, None), drift="create")
    _monitoring(table)


def _monitoring(table: _Table) -> None:
    update = {
        "type": "v1/dbaas/alerts/cpu_alerts", "compare": "LessThan", "value": 90.5, "window": "10m",
        "description": "another", "enabled": False, "tags": ["x"], "alerts": SLACK,
    }  # fmt: skip
    for name, value in update.items():
        changed = ("alerts.emails", "alerts.slacks") if name == "alerts" else (name,)
        table.add(f"monitor {name}", MONITOR_ALERT, {}, {name: value}, "update", changed=changed)
    table.add("monitor entities", MONITOR_ALERT, {}, {"entities": ["1f2f5f9c-0000-4000-8000-000000000000"]}, "update",
              changed=("entities[0]",))  # fmt: skip
    table.add("monitor enabled spelled out", MONITOR_ALERT, {}, {"enabled": True, "tags": []}, "same")
    path = "/v2/monitoring/alerts/{id}"
    by_hand = {
        "type": "v1/insights/lbaas/avg_cpu_utilization_percent", "compare": "GreaterThan", "value": 1, "window": "5m",
        "description": "monitor-changed-by-hand", "entities": ["8f2f5f9c-0000-4000-8000-000000000000"], "tags": [],
        "alerts": {"email": ["ops@example.com"], "slack": []}, "enabled": True,
    }  # fmt: skip
    table.add("monitor changed by hand", MONITOR_ALERT, {}, {}, "same", hand=("PUT", path, by_hand),
              drift="update", changed=("value",))  # fmt: skip
    table.add("monitor deleted by hand", MONITOR_ALERT, {}, {}, "same", hand=("DELETE", path, None), drift="create")


def _projects(table: _Table) -> None:
    update = {
        "name": "project-by-another-name",
        "description": "x",
        "purpose": "Service",
        "environment": "Production",
    }
    for name, value in update.items():
        table.add(f"project {name}", PROJECT, {}, {name: value}, "update")
    table.add("project environment in lower case", PROJECT, {}, {"environment": "staging"}, "same")
    table.add("project resources", PROJECT, {}, {"resources": [URN.format("p")]}, "update",
              changed=("resources[0]",))  # fmt: skip
    table.add("project described by hand", PROJECT, {}, {}, "same", drift="update", changed=("description",),
              hand=("PATCH", "/v2/projects/{id}", {"description": "hand"}))  # fmt: skip
    table.add("project deleted by hand", PROJECT, {}, {}, "same", hand=("DELETE", "/v2/projects/{id}", None),
              drift="create")  # fmt: skip
    table.add("grouped resources", PROJECT_RESOURCES, {}, {"resources": [URN.format("q")]}, "update",
              changed=("resources[0]",))  # fmt: skip
    # The end of the old one then moves them on to the default project; so it is with the official provider.
    table.add("grouped project", PROJECT_RESOURCES, {}, {"project": {"$id": "other-group"}}, "replace", applied=False)
    table.add("grouped moved by hand", PROJECT_RESOURCES, {"resources": [URN.format("m")]}, {}, "same", drift="update",
              changed=("resources[0]",),
              hand=("POST", "/v2/projects/default/resources", {"resources": [URN.format("m")]}))  # fmt: skip


def _create_provider() -> list[Row]:
    table = _Table()
    for rows in (_vpc, _registry, _cluster, _pools, _databases, _parts, _balancers, _certificates, _domains,
                 _watching, _projects, _logsink):  # fmt: skip
        rows(table)
    return table.rows


ROWS = _create_provider()
IGNORED = (
    "vpc range", "cluster version", "cluster region", "cluster surgeUpgrade", "cluster firewall",
    "cluster clusterSubnet", "cluster nodePool size", "cluster nodePool maxNodes", "cluster registryIntegration",
    "pool label removed", "pool taint", "pool size", "registry tier", "registry region",
)  # fmt: skip

SHARED: dict[str, dict] = {
    "shared-registry": {"type": REGISTRY, "inputs": _base(REGISTRY, "shared-registry", 0)},
    "second-registry": {
        "type": REGISTRY,
        "inputs": _base(REGISTRY, "second-registry", 0),
    },
    "home": {"type": CLUSTER, "inputs": _base(CLUSTER, "home", 0)},
    "second": {"type": CLUSTER, "inputs": _base(CLUSTER, "second", 0)},
    "pg": {"type": DATABASE, "inputs": _base(DATABASE, "pg", 0)},
    "mysql": {"type": DATABASE, "inputs": {**_base(DATABASE, "mysql", 0), "engine": "mysql", "version": "8"}},
    **{f"fw-{n}": {"type": DATABASE, "inputs": _base(DATABASE, f"fw-{n}", 0)} for n in (1, 2, 3)},
    "first": {"type": USER, "inputs": _base(USER, "first", 0)},
    "x": {"type": DB, "inputs": _base(DB, "x", 0)},
    "zone": {"type": DOMAIN, "inputs": _base(DOMAIN, "zone", 0)},
    "other-zone": {"type": DOMAIN, "inputs": _base(DOMAIN, "other-zone", 0)},
    "example": {"type": DOMAIN, "inputs": {"name": "example.com"}},
    **{
        f"{one}-certificate": {
            "type": CERTIFICATE,
            "inputs": _base(CERTIFICATE, f"{one}-certificate", 0),
            "options": {"depends_on": ["example"]},
        }
        for one in ("shared", "other")
    },
    "first-vpc": {"type": VPC, "inputs": _base(VPC, "first-vpc", 239)},
    "probe": {"type": CHECK, "inputs": _base(CHECK, "probe", 0)},
    "group": {"type": PROJECT, "inputs": _base(PROJECT, "group", 0)},
    "other-group": {"type": PROJECT, "inputs": _base(PROJECT, "other-group", 0)},
    "second-user": {"type": USER, "inputs": {**_base(USER, "second", 0)}},
}
LATER = {"new-vpc": {"type": VPC, "inputs": _base(VPC, "new-vpc", 240)}}


def before() -> dict[str, dict]:
    """Every resource as it is first declared."""
    return {**deepcopy(SHARED), **{row.name: _declared(row, row.before) for row in ROWS}}


def after(*, applied: bool = False) -> dict[str, dict]:
    """Every resource as it is declared then.

    Args:
        applied: leave those rows as they were whose change is only planned.
    """
    rows = {row.name: _declared(row, row.before if applied and not row.applied else row.after) for row in ROWS}
    return {**deepcopy(SHARED), **deepcopy(LATER), **rows}


def _declared(row: Row, inputs: Inputs) -> dict:
    return {"type": row.type, "inputs": inputs, "options": dict(row.options)}
