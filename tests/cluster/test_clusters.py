"""Clusters of an account on this machine: nodes come and go, versions go up, and nobody who uses them notices.

The instance that `make up` left running is the account: its registry has the images that nodes need.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time

import httpx
import pytest

from localcloud import versions
from localcloud.api.cluster_backend import ClusterSpec, NodeSpec
from localcloud.backends.clusters import LocalClusters
from localcloud.machine import cluster_network, network, objects
from localcloud.machine.cluster_place import ClusterPlace
from localcloud.machine.command import Commands
from localcloud.machine.marked_processes import RUN_MARK
from localcloud.machine.toolbox import Toolbox

pytestmark = pytest.mark.timeout(3600)  # the newer Kubernetes is compiled, unless a run before has done it
OLD, NEW = f"{versions.KUBERNETES}-do.0", f"{versions.NEWER_KUBERNETES}-do.0"
NODE_PORT = 30080

# CoreDNS as a web server: it is there already, and answers for some seconds after it was asked to end.
COREFILE = ".:5353 {\n health :8080 {\n  lameduck 8s\n }\n}\n"
PROBE = {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 1}


def node(number: int, version: str = OLD) -> NodeSpec:
    return NodeSpec(
        name=f"test-{number}",
        droplet_id=number,
        pool="test",
        pool_id="7f",
        size="s-2vcpu-4gb",
        version=version,
        labels={"workload": "apps"},
        taints=[],
    )


def cluster(*nodes: NodeSpec, version: str = OLD) -> ClusterSpec:
    return ClusterSpec(
        id="test",
        name="test",
        region="fra1",
        version=version,
        cluster_subnet="10.100.0.0/16",
        service_subnet="10.101.0.0/19",
        nodes=nodes,
    )


@pytest.fixture(scope="module")
def toolbox(cloud):
    commands = Commands({RUN_MARK: str(cloud.instance.run)})
    made = Toolbox(cloud.instance.tools, cloud.instance.logs, commands)
    made.build_kubernetes(lambda **_: None, versions.NEWER_KUBERNETES)
    return made


@pytest.fixture(scope="module")
def clusters(cloud, toolbox):
    made = LocalClusters(cloud.instance, toolbox, toolbox.commands, registry="127.0.0.1:5600", name_server=False)
    made.delete("test")  # of a run that was interrupted
    yield made
    made.delete("test")


class Kubectl:
    def __init__(self, toolbox, clusters):
        self.words = [toolbox.kubectl, f"--kubeconfig={clusters.kubeconfig('test')}"]

    def __call__(self, *words, stdin=None):
        done = subprocess.run([*self.words, *words], input=stdin, check=True, capture_output=True, text=True)
        return done.stdout.strip()


class Requests:
    """Asks a URL again and again, from the machine, and keeps what went wrong."""

    def __init__(self, url):
        self.url, self.failures, self.count, self._stop = url, [], 0, threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def _ask(self):
        with httpx.Client(trust_env=False, timeout=5, headers={"Connection": "close"}) as client:
            while not self._stop.wait(0.02):
                self.count += 1
                try:
                    client.get(self.url).raise_for_status()
                except httpx.HTTPError as error:
                    self.failures.append(f"{time.strftime('%X')} {error!r}")

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def web(image):
    """A Deployment of two pods, its Service on a node's port, and a claim for a volume that one pod writes to."""
    labels = {"app": "web"}
    container = {
        "name": "web",
        "image": image,
        "args": ["-conf", "/etc/coredns/Corefile"],
        "readinessProbe": PROBE,
        "volumeMounts": [{"name": "configuration", "mountPath": "/etc/coredns"}],
    }
    pod = {"containers": [container], "volumes": [{"name": "configuration", "configMap": {"name": "web"}}]}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}}
    data = {**pod, "volumes": [*pod["volumes"], {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}
    items = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"Corefile": COREFILE}},
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": claim},
        deployment("web", 2, labels, pod),
        deployment("keeper", 1, {"app": "keeper"}, data),
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "web"},
            "spec": {"minAvailable": 1, "selector": {"matchLabels": labels}},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web"},
            "spec": {
                "type": "NodePort",
                "selector": labels,
                "ports": [{"port": 80, "targetPort": 8080, "nodePort": NODE_PORT}],
            },
        },
    ]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def deployment(name, replicas, labels, pod):
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def test_nodes_are_replaced_and_upgraded_without_a_failed_request(cloud, clusters, toolbox):
    place = ClusterPlace(account=cloud.instance, number=0)
    clusters.apply(cluster(node(1), node(2)))
    kubectl = Kubectl(toolbox, clusters)
    kubectl("apply", "-f", "-", stdin=web(f"{cloud.instance.registry}/{objects.coredns_image(toolbox)}"))
    for name in ("web", "keeper"):
        kubectl("rollout", "status", f"deployment/{name}", "--timeout=120s")
    kubectl("-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=120s")
    assert versions_of(kubectl) == {"test-1": f"v{versions.KUBERNETES}", "test-2": f"v{versions.KUBERNETES}"}
    pods = kubectl("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].status.podIP}").split()
    for pod in pods:  # as Traefik will, beside the control plane
        ask = [*network.enter(place), "curl", "-sf", "-m", "5", f"http://{pod}:8080/health"]
        assert subprocess.run(ask, check=True, capture_output=True, text=True).stdout == "OK"

    address = clusters.node_addresses("test")[2]
    with Requests(f"http://{address}:{NODE_PORT}/health") as requests:
        clusters.apply(cluster(node(2), node(3)))  # in place of the first
        clusters.apply(cluster(node(2), node(3), version=NEW))  # the control plane
        clusters.apply(cluster(node(2), node(3), node(4, NEW), version=NEW))  # as a surge upgrade goes
        clusters.apply(cluster(node(2), node(4, NEW), version=NEW))
    assert requests.failures == []
    assert requests.count > 100
    assert versions_of(kubectl) == {"test-2": f"v{versions.KUBERNETES}", "test-4": f"v{versions.NEWER_KUBERNETES}"}
    assert f"v{versions.NEWER_KUBERNETES}" in kubectl("version", "-o", "json")
    assert kubectl("get", "gatewayclass", "cilium", "-o", "name")
    kubectl("rollout", "status", "deployment/keeper", "--timeout=120s")  # with its volume, wherever it is
    assert kubectl("get", "pvc", "data", "-o", "jsonpath={.spec.storageClassName}") == "do-block-storage"

    clusters.delete("test")
    assert not place.home.exists()
    assert not list(network.NAMESPACES.glob(f"{place.name}*"))
    assert not (cluster_network.INTERFACES / place.bridge).exists()


def versions_of(kubectl):
    found = json.loads(kubectl("get", "nodes", "-o", "json"))["items"]
    return {each["metadata"]["name"]: each["status"]["nodeInfo"]["kubeletVersion"] for each in found}
