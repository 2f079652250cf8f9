"""Which kinds of resource hold data. One list: what is protected, what a preview warns of, and what is tested.

A replacement or a deletion of one of these loses what users or other stacks rely on. A node pool is not among them: a
new one is made before the old one is drained and removed.
"""

from __future__ import annotations

DATA_KINDS = (
    "digitalocean:index/vpc:Vpc",  # all that is in it goes with it
    "digitalocean:index/kubernetesCluster:KubernetesCluster",  # and its volumes and load balancers
    "digitalocean:index/containerRegistry:ContainerRegistry",  # images of every release
    "digitalocean:index/databaseCluster:DatabaseCluster",
    "digitalocean:index/databaseDb:DatabaseDb",
    "digitalocean:index/volume:Volume",
    "digitalocean:index/loadBalancer:LoadBalancer",  # its address, at which DNS points
    "digitalocean:index/domain:Domain",  # and every record in it
    "kubernetes:core/v1:Namespace",  # and its volume claims
    "kubernetes:core/v1:PersistentVolumeClaim",
)
