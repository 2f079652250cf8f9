"""A Kubernetes cluster with its own node pool."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from localcloud.providers.checks import between, cidr, one_of
from localcloud.providers.digitalocean import pools, tags
from localcloud.providers.digitalocean.client import ApiError, Body
from localcloud.providers.digitalocean.kubeconfig import is_expired, kube_config
from localcloud.providers.digitalocean.kubernetes_cluster_body import SWITCHES, settings_body, to_inputs, to_outputs
from localcloud.providers.digitalocean.resource import CREATE_SECONDS, DigitalOceanType
from localcloud.providers.digitalocean.spelling import snake
from localcloud.providers.digitalocean.versions import is_older
from localcloud.providers.digitalocean.waiting import wait_until
from localcloud.providers.errors import ProviderError
from localcloud.providers.resource_type import Input, Properties, Resource

DELETE_SECONDS = 15 * 60.0
DAYS = ("any", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EXCLUSIVE = (("amdGpuDevicePlugin", "amdGpuDraDriver"), ("nvidiaGpuDevicePlugin", "nvidiaGpuDraDriver"))
FIREWALL = {"enabled": Input(required=True), "allowedAddresses": Input(required=True)}
AUTOSCALER = {
    "scaleDownUtilizationThreshold": Input(),
    "scaleDownUnneededTime": Input(),
    "expanders": Input(),
}
SSO = {"enabled": Input(required=True), "required": Input(), "issuerUrl": Input(), "clientId": Input()}
MAINTENANCE = {
    "day": Input(computed=True, problem=lambda day: one_of(*DAYS)(str(day).lower())),
    "startTime": Input(computed=True),
    "duration": Input(computed=True),
}
# What one PUT changes; the node pool, the version and the registry have calls of their own.
CHANGEABLE = frozenset(
    {
        "name", "tags", "autoUpgrade", "surgeUpgrade", "ha", "maintenancePolicy", "controlPlaneFirewall",
        "clusterAutoscalerConfigurations", "ssos", *SWITCHES,
    }
)  # fmt: skip
# The API neither tells these, nor has it ever heard of the last two.
UNREAD = ("registryIntegration", "destroyAllAssociatedResources", "kubeconfigExpireSeconds")


class KubernetesCluster(DigitalOceanType):
    """`digitalocean.KubernetesCluster`.

    Region, networks and the size of its own pool make a new one, and so does a lower version; the rest changes in
    place. What its provider marks on the pool as its own (`terraform:default-node-pool`) is the official one's mark.
    """

    token = "digitalocean:index/kubernetesCluster:KubernetesCluster"
    inputs = {
        "name": Input(required=True),
        "region": Input(required=True, replaces=True, equal=lambda old, new: str(old).lower() == str(new).lower()),
        "version": Input(required=True, replaces=is_older, observed=True),
        "nodePool": Input(required=True, properties=pools.POOL),
        "vpcUuid": Input(replaces=True, computed=True),
        "workerSubnetUuid": Input(replaces=True, computed=True),
        "clusterSubnet": Input(replaces=True, computed=True, problem=cidr),
        "serviceSubnet": Input(replaces=True, computed=True, problem=cidr),
        "isolatedWorkers": Input(replaces=True, default=False),
        "ha": Input(computed=True),
        "autoUpgrade": Input(),
        "surgeUpgrade": Input(default=True),
        "tags": tags.TAGS,
        "maintenancePolicy": Input(computed=True, properties=MAINTENANCE),
        "controlPlaneFirewall": Input(computed=True, properties=FIREWALL),
        "clusterAutoscalerConfigurations": Input(properties=AUTOSCALER),
        "ssos": Input(computed=True, properties=SSO),
        **{name: Input(computed=True, properties={"enabled": Input(required=True)}) for name in SWITCHES},
        "registryIntegration": Input(default=False),
        "destroyAllAssociatedResources": Input(default=False),
        "kubeconfigExpireSeconds": Input(problem=between(0, 10**10)),
    }
    computed = frozenset({"clusterUrn", "createdAt", "updatedAt", "endpoint", "ipv4Address", "kubeConfigs", "status"})
    secrets = frozenset({"kubeConfigs"})
    delete_before_replace = True

    def check(self, inputs: Properties) -> Iterator[tuple[str, str]]:
        for one, other in EXCLUSIVE:
            if inputs.get(one) and inputs.get(other):
                yield one, f"{one} and {other} exclude each other"

    def create(self, inputs: Properties, timeout: float) -> Resource:
        body = {
            **settings_body(inputs),
            **{snake(name): inputs[name] for name in ("region", "version", "isolatedWorkers")},
            "node_pools": [pools.creation(inputs["nodePool"], [tags.DEFAULT_POOL])],
        }
        for name in ("vpcUuid", "workerSubnetUuid", "clusterSubnet", "serviceSubnet"):
            body |= {snake(name): inputs[name]} if inputs.get(name) else {}
        made = self.client.call(self.client.pydo.kubernetes.create_cluster, body)["kubernetes_cluster"]
        identity = str(made["id"])
        try:
            self._wait(identity, timeout or CREATE_SECONDS)
            self._integrate(identity, before=False, after=bool(inputs["registryIntegration"]))
            return self._read(identity, inputs, {})
        except ProviderError as error:
            unread = {name: inputs[name] for name in UNREAD if name in inputs}
            # Without the integration, so that the next update sees that it is still to be done.
            known = {**inputs, **to_outputs(made), **unread, "registryIntegration": False}
            self.raise_unready(error, identity, known)

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        found = self.client.find(self.client.pydo.kubernetes.get_cluster, identity)
        if found is None:
            return None
        return self._resource(found["kubernetes_cluster"], outputs, outputs)

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        identity, seconds = resource.identity, timeout or CREATE_SECONDS
        kubernetes, changed = self.client.pydo.kubernetes, self.changed(resource, inputs)
        try:
            self._wait(identity, seconds)  # one that failed half-way may still be in the making
            if changed & CHANGEABLE:
                self.client.call(kubernetes.update_cluster, identity, settings_body(inputs, resource.outputs))
            if "nodePool" in changed:
                pool = str(resource.outputs["nodePool"]["id"])
                body = pools.changeable(inputs["nodePool"], [tags.DEFAULT_POOL])
                self.client.call(kubernetes.update_node_pool, identity, pool, body)
                pools.wait_for_nodes(self.client, identity, pool, seconds)
            if "version" in changed:
                self.client.call(kubernetes.upgrade_cluster, identity, {"version": inputs["version"]})
            before, after = (bool(one.get("registryIntegration")) for one in (resource.outputs, inputs))
            self._integrate(identity, before=before, after=after)
            return self._read(identity, inputs, resource.outputs)
        except ProviderError as error:
            now = self.read(identity, resource.outputs)
            if now is None:
                raise
            self.raise_unready(error, identity, now.outputs)

    def delete(self, resource: Resource, timeout: float) -> None:
        kubernetes, identity = self.client.pydo.kubernetes, resource.identity
        everything = resource.inputs.get("destroyAllAssociatedResources")
        operation = kubernetes.destroy_associated_resources_dangerous if everything else kubernetes.delete_cluster
        try:
            self.client.call(operation, identity)
        except ApiError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
        # The official provider does not wait; its VPC then has to be asked for again and again.
        wait_until(lambda: self._is_gone(identity), timeout or DELETE_SECONDS, f"cluster {identity} was not gone")

    def _is_gone(self, identity: str) -> bool:
        found = self.client.find(self.client.pydo.kubernetes.get_cluster, identity)
        return found is None or found["kubernetes_cluster"]["status"]["state"] == "deleted"

    def _wait(self, identity: str, timeout: float) -> None:
        """Wait until the cluster runs.

        Raises:
            ProviderError: it did not within the timeout, or says that it failed.
        """

        def running() -> bool:
            found = self.client.call(self.client.pydo.kubernetes.get_cluster, identity)
            status = found["kubernetes_cluster"]["status"]
            if status["state"] == "error":
                raise ProviderError(f"cluster {identity} failed: {status.get('message') or 'no reason given'}")
            return status["state"] not in {"provisioning", ""}

        wait_until(running, timeout, f"cluster {identity} did not run")

    def _integrate(self, identity: str, *, before: bool, after: bool) -> None:
        """Let the cluster pull from the account's registry, or stop it."""
        if before != after:
            kubernetes = self.client.pydo.kubernetes
            operation = kubernetes.add_registry if after else kubernetes.remove_registry
            self.client.call(operation, {"cluster_uuids": [identity]})

    def _read(self, identity: str, inputs: Properties, outputs: Properties) -> Resource:
        found = self.client.call(self.client.pydo.kubernetes.get_cluster, identity)["kubernetes_cluster"]
        return self._resource(found, inputs, outputs)

    def _resource(self, cluster: Body, given: Properties, outputs: Properties) -> Resource:
        """The cluster, with credentials that are asked for only where the state's are missing or have expired."""
        unread = {name: given[name] for name in UNREAD if given.get(name) is not None}
        configs = outputs.get("kubeConfigs") or []
        if not configs or is_expired(configs[0]):
            get = self.client.pydo.kubernetes.get_credentials
            seconds = int(given.get("kubeconfigExpireSeconds") or 0)
            credentials = self.client.call(get, cluster["id"], expiry_seconds=seconds)
            configs = [kube_config(cluster["region"], cluster["name"], credentials)]
        made = {**to_outputs(cluster), **unread, "kubeConfigs": configs}
        return Resource(str(cluster["id"]), {**to_inputs(cluster), **unread}, made)
