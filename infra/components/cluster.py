"""The Kubernetes cluster, its pools of nodes, and the provider that everything inside it is made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from infra.cluster_version import choose_version, is_upgrade, minor_of
from infra.config.cluster import Cluster as ClusterSettings
from infra.config.cluster import Pool, WorkloadPool
from infra.config.names import DEFAULT_POOL
from infra.naming import Naming
from infra.rollouts.cluster_upgrade import wait_for_upgrade
from infra.rollouts.kubeconfig import doctl_kubeconfig
from infra.sdk import digitalocean

CREATE_TIMEOUT = "40m"  # DOKS takes 5 to 10 minutes, and has been seen to take 30
# The provider records a kubeconfig in the state whether it is used or not. Of one that is not, the authority alone is
# read; its administrator's token is to be of no use to whoever may read the state, as previews may.
RECORDED_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """What the cluster is.

    Attributes:
        settings: the stack file's `cluster`.
        live_version: the version that it has, `1.34.4-do.0`; None where there is no cluster yet.
        registry: exists before nodes may pull from it.
    """

    naming: Naming
    settings: ClusterSettings
    live_version: str | None
    region: str
    vpc_id: pulumi.Input[str]
    registry: pulumi.Resource


class Cluster(pulumi.ComponentResource):
    """A DOKS cluster.

    Attributes:
        cluster_id: DigitalOcean's id.
        name: as `doctl kubernetes cluster` takes it.
        endpoint: the API server's URL.
        kubeconfig: secret; without a token that could expire where its form is `doctl`.
        provider: for resources inside the cluster.
    """

    cluster_id: pulumi.Output[str]
    name: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]
    provider: kubernetes.Provider

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:cluster:Cluster", name, {}, opts)
        cluster = self._make_cluster(name, args)
        pools = [self._make_pool(pool, cluster, args) for pool in args.settings.workload_pools]
        self.cluster_id = cluster.id
        self.name = cluster.name
        self.endpoint = cluster.endpoint
        self.kubeconfig = pulumi.Output.secret(self._kubeconfig(cluster, args))
        if is_upgrade(args.settings.version, args.live_version):
            self.kubeconfig = wait_for_upgrade(self.kubeconfig, args.settings.version)
        self.provider = kubernetes.Provider(
            name,
            kubeconfig=self.kubeconfig,
            # Only this ever replaces the provider and all that was made with it; a changed kubeconfig must not.
            cluster_identifier=cluster.id,
            opts=pulumi.ResourceOptions(parent=self, depends_on=pools),
        )
        self.register_outputs({"cluster_id": self.cluster_id, "endpoint": self.endpoint})

    def _make_cluster(self, name: str, args: ClusterArgs) -> digitalocean.KubernetesCluster:
        wanted = args.settings
        return digitalocean.KubernetesCluster(
            name,
            name=args.naming.prefix,
            region=args.region,
            version=choose_version(wanted.version, args.live_version),
            vpc_uuid=args.vpc_id,
            cluster_subnet=wanted.cluster_subnet,
            service_subnet=wanted.service_subnet,
            ha=wanted.ha,
            auto_upgrade=wanted.auto_upgrade,
            surge_upgrade=wanted.surge_upgrade,
            maintenance_policy=digitalocean.KubernetesClusterMaintenancePolicyArgs(
                day=wanted.maintenance.day, start_time=wanted.maintenance.start_time
            ),
            control_plane_firewall=digitalocean.KubernetesClusterControlPlaneFirewallArgs(
                enabled=wanted.firewall.enabled, allowed_addresses=wanted.firewall.allowed_addresses
            ),
            registry_integration=wanted.registry_integration,
            kubeconfig_expire_seconds=RECORDED_SECONDS if wanted.kubeconfig == "doctl" else None,
            destroy_all_associated_resources=wanted.destroy_associated_resources,
            # Another size would replace the cluster, and is refused (infra/irreversible_changes.py): this pool is for
            # what DOKS and the add-ons run. Services that need more name a workload pool.
            node_pool=digitalocean.KubernetesClusterNodePoolArgs(
                name=f"{args.naming.prefix}-{DEFAULT_POOL}",
                tags=args.naming.tags(),
                **_pool(wanted.default_pool),
            ),
            tags=args.naming.tags(),
            opts=pulumi.ResourceOptions(
                parent=self,
                ignore_changes=_ignored(wanted, args.live_version),
                # No value of the registry flows in here, and the integration fails where there is none.
                depends_on=[args.registry],
                custom_timeouts=pulumi.CustomTimeouts(create=CREATE_TIMEOUT),
            ),
        )

    def _make_pool(
        self, pool: WorkloadPool, cluster: digitalocean.KubernetesCluster, args: ClusterArgs
    ) -> digitalocean.KubernetesNodePool:
        # The size is part of both names. So another size is another pool: it is made first, whatever waits for the
        # cluster waits for it, and the old one is drained and removed at the end of the run.
        name = f"{pool.name}-{pool.size}"
        return digitalocean.KubernetesNodePool(
            name,
            name=f"{args.naming.prefix}-{name}",
            cluster_id=cluster.id,
            **_pool(pool),
            labels={**pool.labels, **args.naming.pool_label(pool.name)},
            taints=[
                digitalocean.KubernetesNodePoolTaintArgs(key=taint.key, value=taint.value, effect=taint.effect)
                for taint in pool.taints
            ],
            tags=args.naming.tags(),
            opts=pulumi.ResourceOptions(parent=self, custom_timeouts=pulumi.CustomTimeouts(create=CREATE_TIMEOUT)),
        )

    @staticmethod
    def _kubeconfig(cluster: digitalocean.KubernetesCluster, args: ClusterArgs) -> pulumi.Output[str]:
        if args.settings.kubeconfig == "embedded":
            return cluster.kube_configs.apply(lambda configs: str(configs[0].raw_config))
        authority = cluster.kube_configs.apply(lambda configs: str(configs[0].cluster_ca_certificate))
        return pulumi.Output.all(cluster.name, cluster.endpoint, authority, cluster.id).apply(
            lambda facts: doctl_kubeconfig(*facts)
        )


def _ignored(wanted: ClusterSettings, live: str | None) -> list[str]:
    """Inputs whose changes are none.

    DOKS raises patches by itself, so the version that the state was given falls behind; sent again, the lower one
    would replace the cluster. Only another minor is a change.
    """
    return ["version"] if live is not None and minor_of(live) == minor_of(wanted.version) else []


def _pool(pool: Pool) -> dict[str, Any]:
    """What both kinds of pool say. No node count: after a refresh, each update would scale back to it."""
    return {
        "size": pool.size,
        "auto_scale": True,
        "min_nodes": pool.min_nodes,
        "max_nodes": pool.max_nodes,
    }
