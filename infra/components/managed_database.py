"""A database cluster of DigitalOcean: in the stack's private network, open to its Kubernetes cluster alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pulumi

from infra.components.secret import SecretFiles, SecretReference, make_secret
from infra.config.checks import MANAGED
from infra.config.database import ManagedDatabase as ManagedDatabaseSettings
from infra.naming import Naming
from infra.sdk import digitalocean

CREATE_TIMEOUT = "30m"  # DigitalOcean says 5 to 10 minutes
CERTIFICATES = "/run/databases"  # in pods of services, a folder for each engine
AUTHORITY = "/run/authority/ca.crt"  # in the pod of helm/database's job
EVICTION_POLICY = "volatile_ttl"  # as helm/database: keys that expire soonest go first, and keys without expiry stay
POOL_MODE = "transaction"  # a server connection for as long as a transaction: what many small pods need


@dataclass(frozen=True, kw_only=True)
class ManagedDatabaseArgs:
    """`settings` is the `managed` of an entry of the stack file's `databases`.

    Attributes:
        cluster_id: of the Kubernetes cluster, whose nodes and pods may connect.
        cluster_subnet: its pods' range, as a CIDR.
    """

    naming: Naming
    engine: str
    settings: ManagedDatabaseSettings
    clients: list[str]
    region: str
    vpc_id: pulumi.Output[str]
    cluster_id: pulumi.Output[str]
    cluster_subnet: str
    namespace: pulumi.Output[str]


class ManagedDatabase(pulumi.ComponentResource):
    """A managed database. DigitalOcean backs it up daily; PostgreSQL can go back to any moment of seven days.

    Attributes:
        cluster_id: of the database cluster; `ManagedDatabaseArgs.cluster_id` is the Kubernetes cluster's.
        secrets: each client's, whose URL verifies the server by `authority`.
        authority: the CA certificate that clients verify the server by.
        accounts: each client's database and user, ready to receive grants.
        admin_secret: with the administrator's access; None where clients need no rights
            that only the administrator can give.
    """

    cluster_id: pulumi.Output[str]
    secrets: dict[str, SecretReference]
    authority: SecretFiles
    admin_secret: SecretReference | None
    accounts: list[pulumi.Resource]

    def __init__(self, name: str, args: ManagedDatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:database:ManagedDatabase", name, {}, opts)
        cluster = self._make_cluster(name, args)
        self.cluster_id = cluster.id
        self.accounts = []
        digitalocean.DatabaseFirewall(
            name,
            cluster_id=cluster.id,
            # `k8s` is the nodes; pods of a VPC-native cluster come with addresses of their own.
            rules=[{"type": "k8s", "value": args.cluster_id}, {"type": "ip_addr", "value": args.cluster_subnet}],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.authority = self._make_authority(name, cluster, args)
        file = f"{self.authority.mount_path}/ca.crt"
        if args.engine == "postgresql":
            uris = {client: self._make_client(name, client, cluster, args) for client in args.clients}
            urls = {client: {"DATABASE_URL": _postgresql_url(uri, file)} for client, uri in uris.items()}
            self.admin_secret = self._secret(f"{name}-admin", _administrator(cluster), args)
        else:
            # Valkey has no users but its own: DigitalOcean's API does not offer any.
            urls = {client: {"REDIS_URL": _valkey_url(cluster.private_uri, file)} for client in args.clients}
            self.admin_secret = None
        made = {client: self._secret(f"{name}-{client}", url, args) for client, url in urls.items()}
        self.secrets = {client: replace(secret, files=self.authority) for client, secret in made.items()}
        self.register_outputs({})

    def _make_cluster(self, name: str, args: ManagedDatabaseArgs) -> digitalocean.DatabaseCluster:
        wanted = args.settings
        return digitalocean.DatabaseCluster(
            name,
            name=f"{args.naming.prefix}-{args.engine}",
            engine=MANAGED[args.engine],
            version=wanted.version,
            size=wanted.size,
            node_count=wanted.nodes,
            region=args.region,
            private_network_uuid=args.vpc_id,
            eviction_policy=EVICTION_POLICY if args.engine == "valkey" else None,
            maintenance_windows=[{"day": wanted.maintenance.day, "hour": wanted.maintenance.start_time}],
            tags=args.naming.tags(),
            opts=pulumi.ResourceOptions(
                parent=self,
                custom_timeouts=pulumi.CustomTimeouts(create=CREATE_TIMEOUT),
            ),
        )

    def _make_client(
        self, name: str, client: str, cluster: digitalocean.DatabaseCluster, args: ManagedDatabaseArgs
    ) -> pulumi.Output[str]:
        """Make the client's own database, user and connection pool, and return the pool's URI."""
        own = client.replace("-", "_")
        database = digitalocean.DatabaseDb(
            f"{name}-{client}",
            cluster_id=cluster.id,
            name=own,
            opts=pulumi.ResourceOptions(parent=self),
        )
        user = digitalocean.DatabaseUser(
            f"{name}-{client}", cluster_id=cluster.id, name=own, opts=pulumi.ResourceOptions(parent=self)
        )
        self.accounts += [database, user]
        pool = digitalocean.DatabaseConnectionPool(
            f"{name}-{client}",
            cluster_id=cluster.id,
            name=own,
            mode=POOL_MODE,
            size=args.settings.pool_size or 1,
            db_name=database.name,
            user=user.name,
            # Every change of a pool makes another one, of the same name: the old one has to go first.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        return pool.private_uri

    def _make_authority(
        self, name: str, cluster: digitalocean.DatabaseCluster, args: ManagedDatabaseArgs
    ) -> SecretFiles:
        found = digitalocean.get_database_ca_output(
            cluster_id=cluster.id, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        secret = self._secret(f"{name}-ca", {"ca.crt": found.certificate}, args)
        return SecretFiles(secret.name, secret.checksum, f"{CERTIFICATES}/{args.engine}")

    def _secret(self, name: str, content: dict[str, Any], args: ManagedDatabaseArgs) -> SecretReference:
        return make_secret(name, content, args.naming, args.namespace, self)


def _administrator(cluster: digitalocean.DatabaseCluster) -> dict[str, Any]:
    """What libpq reads from the environment; straight to the server, as a pool has one database."""
    return {
        "PGHOST": cluster.private_host,
        "PGPORT": cluster.port.apply(str),
        "PGUSER": cluster.user,
        "PGPASSWORD": pulumi.Output.secret(cluster.password),
        "PGDATABASE": cluster.database,
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": AUTHORITY,
    }


def _postgresql_url(uri: pulumi.Output[str], authority: str) -> pulumi.Output[str]:
    """Rewrite DigitalOcean's URI, which encrypts but verifies nothing: libpq then verifies certificate and host."""
    query = {"sslmode": "verify-full", "sslrootcert": authority}
    return pulumi.Output.secret(uri.apply(lambda text: _with_query(text, query)))


def _valkey_url(uri: pulumi.Output[str], authority: str) -> pulumi.Output[str]:
    """Likewise as redis-py's: https://redis.readthedocs.io/en/stable/examples/ssl_connection_examples.html.

    Without Python 3.13's strictness, which refuses authorities that libpq accepts.
    """
    query = {
        "ssl_cert_reqs": "required",
        "ssl_check_hostname": "true",
        "ssl_ca_certs": authority,
        "ssl_exclude_verify_flags": "VERIFY_X509_STRICT",
    }
    return pulumi.Output.secret(uri.apply(lambda text: _with_query(text, query)))


def _with_query(uri: str, query: dict[str, str]) -> str:
    parts = urlsplit(uri)
    return parts._replace(query=urlencode({**dict(parse_qsl(parts.query)), **query}, safe="/")).geturl()
