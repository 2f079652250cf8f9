"""One service of the stack: its secrets and its release of the generic chart."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from infra import sections
from infra.helm_history import repaired
from infra.naming import PART_OF, Naming
from infra.release import ServiceRelease
from infra.rollout import RolloutWatch

CHART = Path("helm/service")  # relative: an absolute one differs between machines, and then always
ROLLOUT_SECONDS = 300
HISTORY = 10  # revisions Helm keeps; unset means all of them, for ever
CLUSTER_ISSUER = "letsencrypt"


@dataclass(frozen=True, kw_only=True)
class ServiceArgs:
    """`digest` is `sha256:…`; `secrets` are secret outputs by variable."""

    naming: Naming
    settings: sections.Service
    release: ServiceRelease
    repository: str
    digest: pulumi.Input[str]
    namespace: pulumi.Output[str]
    pull_secrets: list[pulumi.Output[str]]
    secrets: dict[str, pulumi.Output[str]]
    kubeconfig: pulumi.Output[str]


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
        self.url = f"https://{wanted.host}" if wanted.host else None
        secret = self._make_secret(name, args)
        watch = RolloutWatch(name, self)
        namespace = watch.begun(repaired(name, args.namespace, args.kubeconfig), args.kubeconfig)
        release = kubernetes.helm.v3.Release(
            name,
            name=name,  # else Pulumi adds a random end, and a failed first install cannot be found again
            chart=CHART.as_posix(),
            namespace=namespace,
            values=_values(args, secret),
            atomic=True,
            cleanup_on_fail=True,
            wait_for_jobs=True,
            timeout=ROLLOUT_SECONDS,
            max_history=HISTORY,
            opts=pulumi.ResourceOptions(
                parent=self,
                custom_timeouts=pulumi.CustomTimeouts(create="10m", update="10m", delete="10m"),
            ),
        )
        release.status.apply(lambda _: watch.ended())
        self.ready = release.name.apply(str)
        self.register_outputs({"url": self.url})

    def _make_secret(self, name: str, args: ServiceArgs) -> kubernetes.core.v1.Secret | None:
        if not args.secrets:
            return None
        return kubernetes.core.v1.Secret(
            name,
            metadata={"name": name, "namespace": args.namespace, "labels": args.naming.labels()},
            string_data=dict(args.secrets),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _values(args: ServiceArgs, secret: kubernetes.core.v1.Secret | None) -> dict[str, Any]:
    """The chart's values; see helm/service/values.yaml."""
    wanted = args.settings
    fixed = wanted.replicas.min == wanted.replicas.max
    values: dict[str, Any] = {
        "image": {"repository": args.repository, "digest": args.digest, "tag": args.release.tag},
        "imagePullSecrets": [{"name": secret_name} for secret_name in args.pull_secrets],
        "release": {
            "sha": args.release.tag,
            "stack": args.naming.stack,
            "owner": args.naming.owner,
            "partOf": PART_OF,
            "chart": chart_digest(CHART),
        },
        "port": wanted.port,
        "replicas": wanted.replicas.min,
        "autoscaling": {
            "enabled": not fixed,
            "minReplicas": wanted.replicas.min,
            "maxReplicas": wanted.replicas.max,
        },
        "resources": wanted.resources.model_dump(),
        "healthPaths": {
            "startup": wanted.health.liveness,
            "liveness": wanted.health.liveness,
            "readiness": wanted.health.readiness,
        },
        "environment": wanted.environment,
        "service": {"type": "NodePort", "nodePort": wanted.node_port} if wanted.node_port else {},
        "ingress": {"enabled": False},
        "migration": {"enabled": False},
        "persistence": {"enabled": False},
    }
    if secret is not None:
        values["secretEnvironment"] = secret.metadata.apply(lambda metadata: str(metadata["name"]))
        values["secretChecksum"] = _checksum(args.secrets)
    if wanted.host is not None:
        values["ingress"] = {"enabled": True, "host": wanted.host, "clusterIssuer": CLUSTER_ISSUER}
    if wanted.migrate is not None:
        values["migration"] = {"enabled": True, "command": wanted.migrate}
    if wanted.storage is not None:
        storage = {"size": wanted.storage.size, "mountPath": wanted.storage.mount_path}
        values["persistence"] = {"enabled": True, **storage}
    return values


def _checksum(secrets: dict[str, pulumi.Output[str]]) -> pulumi.Output[str]:
    """A hash that changes when a secret does, so that pods are replaced; it tells nothing of the secret."""
    hashed = pulumi.Output.json_dumps(secrets).apply(lambda text: hashlib.sha256(text.encode()).hexdigest()[:16])
    return pulumi.Output.unsecret(hashed)


def chart_digest(chart: Path) -> str:
    """A hash of a chart's files. A local chart's change is otherwise not seen (pulumi-kubernetes issue 2672)."""
    digest = hashlib.sha256()
    for path in sorted(path for path in chart.rglob("*") if path.is_file()):
        digest.update(path.relative_to(chart).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
