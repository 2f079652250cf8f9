"""The services, in the order of their rollouts."""

from __future__ import annotations

from typing import Any

import pulumi

from infra.components.canary import Canary, CanaryArgs
from infra.components.database import Database
from infra.components.service import Service, ServiceArgs
from infra.config.schema import StackSettings
from infra.config.secrets import ServiceSecrets
from infra.config.service import Service as ServiceSettings
from infra.placement import find_placement
from infra.stack.images import Images, declare_image
from infra.stack.platform import Platform
from infra.stack.stack import Stack


def declare_services(
    stack: Stack, platform: Platform, databases: dict[str, Database], images: Images, secrets: ServiceSecrets
) -> dict[str, dict[str, Any]]:
    """Declare each service, and its image where it is to be built.

    Returns:
        the output `services` of each, by name.
    """
    settings, naming = stack.settings, stack.naming
    outputs: dict[str, dict[str, Any]] = {}
    declared: list[tuple[ServiceSettings, Service]] = []
    for wanted in sorted(settings.services.values(), key=find_turn):
        name, digest = wanted.name, declare_image(wanted, platform.registry, images)
        args = ServiceArgs(
            naming=naming,
            settings=wanted,
            release=images.releases[name],
            repository=images.repository(name),
            digest=digest,
            namespace=platform.namespace.namespace,
            pull_secrets=pull_secrets(settings),
            secrets=secrets[name],
            databases=[databases[engine].secrets[name] for engine in wanted.databases],
            hsts=settings.ingress.hsts,
            placement=find_placement(wanted.pool, settings, naming),
            rollout_seconds=settings.rollout_seconds,
            kubeconfig=platform.cluster.kubeconfig,
            trigger=images.describe() if wanted.kind == "job" else "",
            gateway_namespace=settings.pull_request.gateway_namespace if settings.pull_request else None,
        )
        options = pulumi.ResourceOptions.merge(
            platform.inside,
            pulumi.ResourceOptions(depends_on=[*platform.before_services, *_earlier(wanted, declared)]),
        )
        if percent := settings.canary.get(name):
            Canary(f"{name}-canary", CanaryArgs(service=args, percent=percent), options)
        service = Service(name, args, options)
        declared.append((wanted, service))
        outputs[name] = _outputs_of(images, name, digest, service)
    return {name: outputs[name] for name in settings.services}


def find_turn(service: ServiceSettings) -> int:
    """Return whether a service comes first (a job before the release), second, or last (a job after it)."""
    if service.kind != "job":
        return 1
    return 0 if service.when == "before" else 2


def _earlier(service: ServiceSettings, declared: list[tuple[ServiceSettings, Service]]) -> list[Service]:
    """What must be released before a service is: that of every turn before its own."""
    return [each for settings, each in declared if find_turn(settings) < find_turn(service)]


def pull_secrets(settings: StackSettings) -> list[str]:
    """The Secret that DOKS keeps in every namespace of a cluster that is integrated with the registry, and renews.

    Named as `doctl registry kubernetes-manifest` names it, too.
    """
    return [f"registry-{settings.registry.name}"] if settings.cluster.registry_integration else []


def _outputs_of(images: Images, name: str, digest: pulumi.Input[str], service: Service) -> dict[str, Any]:
    return {
        "sha": images.releases[name].sha,
        "tag": images.releases[name].tag,
        "digest": digest,
        "image": pulumi.Output.concat(images.repository(name), "@", digest),
        "url": service.url,
        "release": service.ready,
    }
