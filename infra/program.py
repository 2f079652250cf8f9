"""What a stack is: read from top to bottom."""

from __future__ import annotations

from typing import Any

import pulumi

from infra.components.addons import Addons, AddonsArgs
from infra.components.cluster import Cluster, ClusterArgs
from infra.components.database import Database, DatabaseArgs
from infra.components.image import Image, ImageArgs
from infra.components.namespace import Namespace, NamespaceArgs
from infra.components.network import Network, NetworkArgs
from infra.components.registry import Registry, RegistryArgs
from infra.components.service import Service, ServiceArgs
from infra.config.settings import PROJECT, read_secrets, read_settings
from infra.naming import Naming
from infra.source.build_context import export_context
from infra.source.image_digest import find_held_digests, look_up_digests
from infra.source.release import Release, ServiceRelease
from infra.stack_state import StackState


def deploy() -> None:
    """Declare the stack.

    Raises:
        SettingsError, ReleaseError, DigestError: before anything is declared.
    """
    settings = read_settings()
    release = Release(settings.release)
    if not settings.allow_dirty:
        release.refuse_changes([folder for service in settings.services for folder in service.folders])
    releases = {
        service.name: release.of(service.name, service.context, service.shares) for service in settings.services
    }
    secrets = read_secrets(settings)
    repositories = {name: f"{settings.registry.host}/{name}" for name in releases}
    built = {name: each for name, each in releases.items() if settings.builds(name)}
    looked_up = look_up_digests({name: releases[name] for name in releases.keys() - built.keys()}, repositories)
    state = StackState.read()
    if state.has_registry or not settings.registry.owned:
        looked_up |= find_held_digests(built, repositories, state)
    naming = Naming(project=PROJECT, stack=pulumi.get_stack(), owner=settings.owner)

    network = Network("network", NetworkArgs.of(settings, naming))
    registry = Registry("registry", RegistryArgs(settings=settings.registry, protect=settings.protect))
    cluster = Cluster(
        "cluster",
        ClusterArgs(
            naming=naming,
            settings=settings.cluster,
            region=settings.region,
            vpc_id=network.vpc_id,
            registry=registry.resource,
            protect=settings.protect,
        ),
    )
    inside = pulumi.ResourceOptions(providers={"kubernetes": cluster.provider})
    addons = Addons(
        "addons",
        AddonsArgs(
            naming=naming,
            settings=settings.addons,
            hosts=[service.host for service in settings.services if service.host],
            kubeconfig=cluster.kubeconfig,
        ),
        inside,
    )
    namespace = Namespace(
        "namespace",
        NamespaceArgs(
            naming=naming,
            namespace=settings.namespace,
            pull_configuration=registry.pull_configuration,
        ),
        inside,
    )
    databases = {
        wanted.engine: Database(
            wanted.engine,
            DatabaseArgs(
                naming=naming,
                settings=wanted,
                clients=settings.clients(wanted),
                region=settings.region,
                vpc_id=network.vpc_id,
                cluster_id=cluster.cluster_id,
                cluster_subnet=settings.cluster.cluster_subnet,
                namespace=namespace.namespace,
                kubeconfig=cluster.kubeconfig,
                protect=settings.protect,
            ),
            inside,
        )
        for wanted in settings.databases
        if settings.clients(wanted)
    }
    facts: dict[str, Any] = {}
    for wanted in settings.services:
        name = wanted.name
        digest: pulumi.Input[str]
        if name in looked_up:
            digest = looked_up[name]
        else:
            digest = Image(
                f"{name}-image",
                ImageArgs(
                    repository=repositories[name],
                    release=releases[name],
                    context=export_context(releases[name]),
                    build_args=wanted.build_args,
                ),
            ).digest
        service = Service(
            name,
            ServiceArgs(
                naming=naming,
                settings=wanted,
                release=releases[name],
                repository=repositories[name],
                digest=digest,
                namespace=namespace.namespace,
                pull_secrets=namespace.pull_secrets,
                secrets=secrets[name],
                databases=[databases[engine].secrets[name] for engine in wanted.databases],
                kubeconfig=cluster.kubeconfig,
            ),
            pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=addons.releases)),
        )
        facts[name] = _facts(releases[name], repositories[name], digest, service)

    pulumi.export("release", release.sha)
    pulumi.export("services", facts)
    pulumi.export("namespace", settings.namespace)
    pulumi.export("registry", registry.host)
    pulumi.export("cluster", {"id": cluster.cluster_id, "name": cluster.name, "endpoint": cluster.endpoint})


def _facts(
    release: ServiceRelease, repository: str, digest: pulumi.Input[str], service: Service
) -> dict[str, pulumi.Input[str] | None]:
    """What `pulumi stack output services` says of one; nothing secret."""
    return {
        "sha": release.sha,
        "tag": release.tag,
        "digest": digest,
        "image": pulumi.Output.concat(repository, "@", digest),
        "url": service.url,
        "release": service.ready,
    }
