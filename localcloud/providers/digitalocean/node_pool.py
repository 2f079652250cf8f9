"""A node pool beside a cluster's own."""

from __future__ import annotations

from http import HTTPStatus

from localcloud.providers.digitalocean import pools, tags
from localcloud.providers.digitalocean.client import ApiError, Body
from localcloud.providers.digitalocean.resource import CREATE_SECONDS, DigitalOceanType
from localcloud.providers.digitalocean.waiting import wait_until
from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Input, Properties, Resource

DELETE_SECONDS = 30 * 60.0  # the official provider's default
PAGE = 200


class KubernetesNodePool(DigitalOceanType):
    """`digitalocean.KubernetesNodePool`: all but its size, its cluster and its GPUs' mode change in place."""

    token = "digitalocean:index/kubernetesNodePool:KubernetesNodePool"
    inputs = {"clusterId": Input(required=True, replaces=True), **pools.POOL}
    computed = frozenset({"actualNodeCount", "nodes"})
    delete_before_replace = True

    def create(self, inputs: Properties, timeout: float) -> Resource:
        cluster = str(inputs["clusterId"])
        add = self.client.pydo.kubernetes.add_node_pool
        pool = self.client.call(add, cluster, pools.creation(inputs, []))["node_pool"]
        return self._complete(cluster, pool, inputs, timeout)

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        cluster = outputs.get("clusterId") or self._cluster_of(identity)
        if cluster is None:
            return None
        found = self.client.find(self.client.pydo.kubernetes.get_node_pool, cluster, identity)
        return _resource(cluster, found["node_pool"]) if found else None

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        cluster = str(inputs["clusterId"])
        update = self.client.pydo.kubernetes.update_node_pool
        body = pools.changeable(inputs, [])
        pool = self.client.call(update, cluster, resource.identity, body)["node_pool"]
        return self._complete(cluster, pool, inputs, timeout)

    def delete(self, resource: Resource, timeout: float) -> None:
        kubernetes, cluster = self.client.pydo.kubernetes, resource.inputs["clusterId"]
        try:
            self.client.call(kubernetes.delete_node_pool, cluster, resource.identity)
        except ApiError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
        wait_until(
            lambda: self.client.find(kubernetes.get_node_pool, cluster, resource.identity) is None,
            timeout or DELETE_SECONDS,
            f"node pool {resource.identity} was not gone",
        )

    def _complete(self, cluster: str, pool: Body, inputs: Properties, timeout: float) -> Resource:
        """The pool once it has its nodes."""
        try:
            ready = pools.wait_for_nodes(self.client, cluster, pool["id"], timeout or CREATE_SECONDS)
        except ProviderError as error:
            self.raise_unready(error, pool["id"], {**inputs, **_resource(cluster, pool).outputs})
        return _resource(cluster, ready)

    def _cluster_of(self, identity: str) -> str | None:
        """The id of the cluster that has a pool: a lookup or an import gives only the pool's.

        Raises:
            ProviderError: it is a cluster's own pool, which is part of the cluster's resource.
        """
        page = 1
        while True:
            reply = self.client.call(self.client.pydo.kubernetes.list_clusters, per_page=PAGE, page=page)
            for cluster in reply.get("kubernetes_clusters") or []:
                for pool in cluster.get("node_pools") or []:
                    if pool["id"] != identity:
                        continue
                    if tags.DEFAULT_POOL in (pool.get("tags") or []):
                        raise ProviderError(
                            f"node pool {identity} is its cluster's own: import cluster {cluster['id']} instead"
                        )
                    return str(cluster["id"])
            if not ((reply.get("links") or {}).get("pages") or {}).get("next"):
                return None
            page += 1


def _resource(cluster: str, pool: Body) -> Resource:
    inputs = {"clusterId": cluster, **pools.to_inputs(pool)}
    return Resource(str(pool["id"]), inputs, {**pools.outputs(pool), "clusterId": cluster})
