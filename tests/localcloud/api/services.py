"""Services behind the API that note what they are asked for; each can be made to fail."""

from __future__ import annotations

from localcloud.api.backends import BackendError, Backends
from localcloud.api.certificate_backend import IssuedCertificate
from localcloud.api.cluster_backend import ClusterAccess
from localcloud.api.database_backend import DatabaseEndpoint


class Clusters:
    def __init__(self):
        self.specs = []
        self.deleted = []
        self.problem = None
        self.lifetimes = []
        self.offered = ["1.35.1-do.0", "1.34.4-do.0", "1.33.8-do.0"]

    def versions(self):
        return self.offered

    def apply(self, spec):
        if self.problem:
            raise BackendError(self.problem)
        self.specs.append(spec)

    def delete(self, cluster_id):
        self.deleted.append(cluster_id)

    def access(self, cluster_id, lifetime=None):
        self.lifetimes.append(lifetime)
        return ClusterAccess(
            server="https://127.0.0.1:6501", certificate_authority="CA", client_certificate="CERT", client_key="KEY"
        )

    def node_addresses(self, cluster_id):
        return {node.droplet_id: f"10.253.0.{node.droplet_id % 200}" for node in self.specs[-1].nodes}


class Databases:
    def __init__(self):
        self.specs = []
        self.deleted = []
        self.problem = None

    def apply(self, spec):
        if self.problem:
            raise BackendError(self.problem)
        self.specs.append(spec)
        return DatabaseEndpoint(host="d.db.internal", port=25060, pool_port=25061)

    def delete(self, database_id):
        self.deleted.append(database_id)

    def certificate_authority(self):
        return "-----BEGIN CERTIFICATE-----"


class LoadBalancers:
    def __init__(self):
        self.specs = []
        self.deleted = []

    def address(self, taken):
        return next(ip for number in range(10, 99) if (ip := f"127.80.6.{number}") not in taken)

    def apply(self, spec):
        self.specs.append(spec)

    def delete(self, load_balancer_id):
        self.deleted.append(load_balancer_id)


class Certificates:
    def __init__(self):
        self.count = 0

    def issue(self, domains):
        self.count += 1
        return IssuedCertificate(
            leaf=f"leaf-{self.count}", chain="chain", private_key="key", not_after="2027-01-01T00:00:00Z",
            fingerprint="ab" * 20,
        )  # fmt: skip


class NameServer:
    def __init__(self):
        self.zones = {}

    def apply(self, zones):
        self.zones = zones


class RegistryLogins:
    host = "127.0.0.1:5550"
    url = "http://api:x@127.0.0.1:9"

    def __init__(self):
        self.events = []

    def create(self, registry):
        self.events.append(("create", registry))

    def delete(self, registry):
        self.events.append(("delete", registry))

    def issue(self, *, write, seconds):
        self.events.append((write, seconds))
        return "user", "password"

    def usage(self):
        return 4096

    def limit(self, *, storage, repositories):
        self.limits = (storage, repositories)


def all_services():
    return Backends(
        clusters=Clusters(),
        databases=Databases(),
        certificates=Certificates(),
        load_balancers=LoadBalancers(),
        name_server=NameServer(),
        registry_logins=RegistryLogins(),
    )
