"""The real services behind the API of an account, for `python -m localcloud.api --backends`."""

from __future__ import annotations

import os
from collections.abc import Sequence

from localcloud.api.access_token import token
from localcloud.api.backends import Backends
from localcloud.api.cluster_backend import ClusterSpec
from localcloud.api.database_backend import DatabaseEndpoint, DatabaseSpec
from localcloud.backends.certificates import LocalCertificates
from localcloud.backends.clusters import LocalClusters
from localcloud.backends.databases import DatabaseServers
from localcloud.backends.load_balancers import HaproxyLoadBalancers
from localcloud.backends.name_server import LocalNameServer
from localcloud.backends.place import BackendPlace
from localcloud.backends.registry_logins import AccountRegistry
from localcloud.cloud_controller.daemons import cloud_controller_daemon, traefik_daemon
from localcloud.instance import Instance
from localcloud.machine import network
from localcloud.machine.cluster_place import CLUSTERS, ClusterPlace
from localcloud.machine.command import Commands
from localcloud.machine.daemons import Daemon
from localcloud.machine.marked_processes import RUN_MARK
from localcloud.machine.toolbox import Toolbox

NAME_SERVERS = "SLIPWAY_NAME_SERVERS"  # of other accounts, separated by spaces


def create_backends() -> Backends:
    """Create the services of the instance that the environment names."""
    instance = Instance.from_environment()
    commands = Commands({RUN_MARK: str(instance.run)})
    toolbox = Toolbox(instance.tools, instance.logs, commands)
    names = create_name_server(instance)
    servers = DatabaseServers.of(instance, commands)
    names.apply_names(servers.host_names())  # up before the first cluster, whose DNS asks it
    images = AccountRegistry.of(instance, toolbox)
    images.start()
    images.watch()
    return Backends(
        clusters=LocalClusters(
            instance,
            toolbox,
            commands,
            registry=f"127.0.0.1:{instance.account_registry_port}",
            extra_daemons=lambda place, spec: _managed_daemons(instance, place, spec),
        ),
        databases=NamedDatabases(servers, names),
        certificates=create_certificates(instance),
        load_balancers=HaproxyLoadBalancers(
            BackendPlace.of(instance, "load-balancers"), toolbox.debian("haproxy"), f"127.80.{instance.number}"
        ),
        name_server=names,
        registry_logins=images,
    )


def name_server_address(instance: Instance) -> str:
    """The loopback address of the account's name server."""
    return f"127.80.{instance.number}.53"


def create_name_server(instance: Instance) -> LocalNameServer:
    """The name server, for this machine and for the clusters' DNS."""
    places = [ClusterPlace(account=instance, number=number) for number in range(CLUSTERS)]
    addresses = [name_server_address(instance), *(place.host_address for place in places)]
    upstreams = [*os.environ.get(NAME_SERVERS, "").split(), *network.nameservers()]
    return LocalNameServer(BackendPlace.of(instance, "name-server"), addresses, upstreams)


def create_certificates(instance: Instance) -> LocalCertificates:
    """The authority that stands where Let's Encrypt does."""
    return LocalCertificates(BackendPlace.of(instance, "certificates").home)


class NamedDatabases:
    """Databases whose host names the name server answers."""

    def __init__(self, servers: DatabaseServers, names: LocalNameServer) -> None:
        self._servers = servers
        self._names = names

    def apply(self, spec: DatabaseSpec) -> DatabaseEndpoint:
        """Apply the specification, then publish every database's name."""
        endpoint = self._servers.apply(spec)
        self._names.apply_names(self._servers.host_names())
        return endpoint

    def delete(self, database_id: str) -> None:
        """Remove the database and its name."""
        self._servers.delete(database_id)
        self._names.apply_names(self._servers.host_names())

    def certificate_authority(self) -> str:
        """PEM of the authority that signed every server's certificate."""
        return self._servers.certificate_authority()


def _managed_daemons(instance: Instance, place: ClusterPlace, spec: ClusterSpec) -> Sequence[Daemon]:
    """What DigitalOcean runs for a cluster: its cloud controller and its gateway."""
    api = f"http://127.0.0.1:{instance.api_port}"
    controller = cloud_controller_daemon(
        place, cluster=spec.id, region=spec.region, vpc="", api_url=api, token=token(instance)
    )
    return [controller, traefik_daemon(place)]
