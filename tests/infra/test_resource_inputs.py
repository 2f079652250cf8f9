"""Every input of every resource has a name, a type and a value that the provider's SDK knows."""

from __future__ import annotations

import pulumi_digitalocean
import pulumi_docker
import pulumi_kubernetes
import pytest
from infra_stacks import STACKS

from . import sdk

SDKS = {
    "digitalocean:index/certificate:Certificate": pulumi_digitalocean.CertificateArgs,
    "digitalocean:index/databaseCluster:DatabaseCluster": pulumi_digitalocean.DatabaseClusterArgs,
    "digitalocean:index/databaseConnectionPool:DatabaseConnectionPool": (
        pulumi_digitalocean.DatabaseConnectionPoolArgs
    ),
    "digitalocean:index/databaseDb:DatabaseDb": pulumi_digitalocean.DatabaseDbArgs,
    "digitalocean:index/databaseFirewall:DatabaseFirewall": pulumi_digitalocean.DatabaseFirewallArgs,
    "digitalocean:index/databaseUser:DatabaseUser": pulumi_digitalocean.DatabaseUserArgs,
    "digitalocean:index/dnsRecord:DnsRecord": pulumi_digitalocean.DnsRecordArgs,
    "digitalocean:index/domain:Domain": pulumi_digitalocean.DomainArgs,
    "digitalocean:index/loadBalancer:LoadBalancer": pulumi_digitalocean.LoadBalancerArgs,
    "digitalocean:index/monitorAlert:MonitorAlert": pulumi_digitalocean.MonitorAlertArgs,
    "digitalocean:index/uptimeAlert:UptimeAlert": pulumi_digitalocean.UptimeAlertArgs,
    "digitalocean:index/uptimeCheck:UptimeCheck": pulumi_digitalocean.UptimeCheckArgs,
    "digitalocean:index/vpc:Vpc": pulumi_digitalocean.VpcArgs,
    "digitalocean:index/kubernetesCluster:KubernetesCluster": pulumi_digitalocean.KubernetesClusterArgs,
    "digitalocean:index/kubernetesNodePool:KubernetesNodePool": pulumi_digitalocean.KubernetesNodePoolArgs,
    "digitalocean:index/containerRegistry:ContainerRegistry": pulumi_digitalocean.ContainerRegistryArgs,
    "docker:index/image:Image": pulumi_docker.ImageArgs,
    "kubernetes:core/v1:Namespace": pulumi_kubernetes.core.v1.NamespaceArgs,
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": pulumi_kubernetes.networking.v1.NetworkPolicyArgs,
    "kubernetes:core/v1:Secret": pulumi_kubernetes.core.v1.SecretArgs,
    "kubernetes:helm.sh/v3:Release": pulumi_kubernetes.helm.v3.ReleaseArgs,
    "pulumi:providers:kubernetes": pulumi_kubernetes.ProviderArgs,
}


@pytest.mark.parametrize("stack", STACKS)
def test_every_input_has_a_name_type_and_value_that_the_sdk_knows(repository, stack):
    """All the way down: a property that a provider does not know is lost without a word."""
    for each in repository.deploy(stack).resources:
        if each.custom:
            assert list(sdk.misfits(each.inputs, SDKS[each.type], each.name)) == []


@pytest.mark.parametrize(
    ("type_", "inputs", "found"),
    [
        (pulumi_digitalocean.KubernetesClusterArgs, {"nodePool": {"nodes": 1, "colour": "x"}}, "x.nodePool.colour is no input"),
        (pulumi_digitalocean.KubernetesClusterArgs, {"nodePool": {"taints": [{"efect": "x"}]}}, "x.nodePool.taints[0].efect is no"),
        (pulumi_digitalocean.KubernetesClusterArgs, {"region": "fra9"}, "x.region is 'fra9', which is none of"),
        (pulumi_digitalocean.KubernetesClusterArgs, {"ha": "true"}, "x.ha is 'true', which is none of"),
        (pulumi_docker.ImageArgs, {"build": {"builderVersion": "BuilderV9"}}, "x.build.builderVersion is 'BuilderV9'"),
        (pulumi_kubernetes.core.v1.SecretArgs, {"metadata": {"labels": {"a": 1}}}, "x.metadata.labels.a is 1, which is none"),
    ],
)  # fmt: skip
def test_the_check_finds_wrong_names_types_and_values_at_any_depth(type_, inputs, found):
    assert any(each.startswith(found) for each in sdk.misfits(inputs, type_, "x")), list(
        sdk.misfits(inputs, type_, "x")
    )
