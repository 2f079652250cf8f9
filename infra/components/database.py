"""One database of the stack, and for each service that uses it a Secret with what that service has to know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from infra.components.helm_release import HelmReleaseArgs, chart_digest, helm_release
from infra.components.managed_database import ManagedDatabase, ManagedDatabaseArgs
from infra.components.secret import SecretReference
from infra.config.database import Database as DatabaseSettings
from infra.config.database import ManagedDatabase as ManagedDatabaseSettings
from infra.naming import Naming
from infra.placement import Placement

CHART = Path("helm/database")
READY_SECONDS = 300  # an image of some hundred megabytes, a volume, and the first start on it


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """`settings` is an entry of the stack file's `databases`; `clients` use it; `placement`: on which nodes."""

    naming: Naming
    settings: DatabaseSettings
    clients: list[str]
    region: str
    vpc_id: pulumi.Output[str]
    cluster_id: pulumi.Output[str]
    cluster_subnet: str
    namespace: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]
    placement: Placement


class Database(pulumi.ComponentResource):
    """A database that services can use: managed by DigitalOcean, or in a pod on a volume of its own.

    Attributes:
        secrets: that of each service that uses it, known once the database answers. The chart makes those of a
            database in the cluster itself, so that no password of one passes through here.
        managed_id: DigitalOcean's id, or None of one in the cluster.
    """

    secrets: dict[str, SecretReference]
    managed_id: pulumi.Output[str] | None = None

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:database:Database", name, {}, opts)
        values: dict[str, Any] = {
            "engine": args.settings.engine,
            "clients": sorted(args.clients),
            "labels": args.naming.marks(),
            "chart": chart_digest(CHART),
        }
        accounts: list[pulumi.Resource] = []
        if args.settings.managed:
            made = self._managed(name, args, args.settings.managed)
            self.secrets, self.managed_id = made.secrets, made.cluster_id
            if made.admin_secret is None:
                self.register_outputs({})
                return
            values["external"] = {"adminSecret": made.admin_secret.name, "authoritySecret": made.authority.name}
            accounts = made.accounts
        elif args.settings.in_cluster:
            never = pulumi.Output.from_input("")  # the chart keeps a password once it has made it
            names = {client: pulumi.Output.from_input(f"{name}-{client}") for client in args.clients}
            self.secrets = {client: SecretReference(secret, never) for client, secret in names.items()}
            values["resources"] = args.settings.in_cluster.resources.model_dump()
            values["storage"] = args.settings.in_cluster.storage
            values |= args.placement.values()
        ready = self._release(name, values, args, accounts).status
        self.secrets = {client: _once(ready, secret) for client, secret in self.secrets.items()}
        self.register_outputs({})

    def _managed(self, name: str, args: DatabaseArgs, settings: ManagedDatabaseSettings) -> ManagedDatabase:
        return ManagedDatabase(
            name,
            ManagedDatabaseArgs(
                naming=args.naming,
                engine=args.settings.engine,
                settings=settings,
                clients=args.clients,
                region=args.region,
                vpc_id=args.vpc_id,
                cluster_id=args.cluster_id,
                cluster_subnet=args.cluster_subnet,
                namespace=args.namespace,
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _release(
        self, name: str, values: dict[str, Any], args: DatabaseArgs, accounts: list[pulumi.Resource]
    ) -> kubernetes.helm.v3.Release:
        return helm_release(
            name,
            HelmReleaseArgs(
                chart=CHART,
                namespace=args.namespace,
                values=values,
                seconds=READY_SECONDS,
                kubeconfig=args.kubeconfig,
            ),
            parent=self,
            after=accounts,  # its job gives them their rights
        )


def _once(ready: pulumi.Output[Any], secret: SecretReference) -> SecretReference:
    name = pulumi.Output.all(secret.name, ready).apply(lambda known: str(known[0]))
    return replace(secret, name=name)
