"""One service of the stack: its secrets and its release of the generic chart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi

from infra.components.helm_release import HelmReleaseArgs, chart_digest, helm_release
from infra.components.secret import SecretReference, make_secret
from infra.components.service_values import list_service_values
from infra.config.service import Service as ServiceSettings
from infra.naming import Naming
from infra.placement import Placement
from infra.source.release import ServiceRelease

CHART = Path("helm/service")


@dataclass(frozen=True, kw_only=True)
class ServiceArgs:
    """What the service is.

    Attributes:
        digest: `sha256:…`.
        pull_secrets: names of image pull secrets.
        secrets: secret outputs by variable; those of `databases` come before them.
        hsts: the stack file's `ingress.hsts`.
        placement: the nodes that it runs on.
        rollout_seconds: how long it may take until every pod is ready; a new node alone takes minutes.
        trigger: changes with every release that a job belongs to; empty for what runs on.
        canary_of: the service that this is a canary of, whose route is another release's; empty: it is none.
        canary_percent: the canary's largest share of the requests, in percent.
        gateway_namespace: of a preview environment: where the Gateway is; None: here.
    """

    naming: Naming
    settings: ServiceSettings
    release: ServiceRelease
    repository: str
    digest: pulumi.Input[str]
    namespace: pulumi.Output[str]
    pull_secrets: list[str]
    secrets: dict[str, pulumi.Output[str]]
    databases: list[SecretReference]
    hsts: int | None
    placement: Placement
    rollout_seconds: int
    kubeconfig: pulumi.Output[str]
    trigger: str = ""
    canary_of: str = ""
    canary_percent: int = 0
    gateway_namespace: str | None = None


class Service(pulumi.ComponentResource):
    """A service that runs.

    Attributes:
        url: where it answers from outside the cluster, or None.
        ready: the Helm release's name, known once every pod of the release is ready.
    """

    url: str | None
    ready: pulumi.Output[str]

    def __init__(self, name: str, args: ServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:service:Service", name, {}, opts)
        wanted = args.settings
        self.url = wanted.url or (f"https://{wanted.host}" if wanted.host else None)
        secrets = list(args.databases)
        if args.secrets:
            secrets.append(make_secret(name, args.secrets, args.naming, args.namespace, self))
        release = helm_release(
            name,
            HelmReleaseArgs(
                chart=CHART,
                namespace=args.namespace,
                values=_list_values(args, secrets),
                seconds=args.rollout_seconds,
                kubeconfig=args.kubeconfig,
            ),
            parent=self,
        )
        self.ready = release.name.apply(str)
        self.register_outputs({"url": self.url})


def _list_values(args: ServiceArgs, secrets: list[SecretReference]) -> dict[str, Any]:
    """The chart's values; see helm/service/values.yaml."""
    wanted = args.settings
    files = [secret.files for secret in secrets if secret.files is not None]
    checksums = [*(secret.checksum for secret in secrets), *(each.checksum for each in files)]
    values: dict[str, Any] = {
        "image": {"repository": args.repository, "digest": args.digest, "tag": args.release.tag},
        "imagePullSecrets": [{"name": secret_name} for secret_name in args.pull_secrets],
        "release": {
            "sha": args.release.tag,
            "stack": args.naming.stack,
            "owner": args.naming.owner,
            "partOf": args.naming.namespace,
            "chart": chart_digest(CHART),
        },
        "progressDeadlineSeconds": args.rollout_seconds,
        "secretEnvironment": [secret.name for secret in secrets],
        "secretChecksum": pulumi.Output.all(*checksums).apply("-".join),
        **list_service_values(wanted, args.rollout_seconds, seeds=args.gateway_namespace is not None),
        **args.placement.values(),
    }
    if args.trigger:
        values["release"]["trigger"] = args.trigger
    if args.gateway_namespace is not None:
        values["networkPolicy"] = {**values.get("networkPolicy", {}), "publicOnly": True}
    if files:
        values["secretFiles"] = [{"secret": each.name, "mountPath": each.mount_path} for each in files]
    if args.canary_of:
        values |= {"canaryOf": args.canary_of, "canaryPercent": args.canary_percent}
    elif wanted.host is not None:
        values["route"] = {"host": wanted.host, "hsts": args.hsts}
        if args.gateway_namespace is not None:
            values["route"]["gatewayNamespace"] = args.gateway_namespace
    return values
