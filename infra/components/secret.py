"""A Secret that pods get as environment, and what they get as files beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from infra.naming import Naming


@dataclass(frozen=True)
class SecretFiles:
    """A Secret by name, each key of which is a file below `mount_path`."""

    name: pulumi.Output[str]
    checksum: pulumi.Output[str]
    mount_path: str


@dataclass(frozen=True)
class SecretReference:
    """A Secret by name; `checksum` changes when its content does and tells nothing of it.

    Attributes:
        files: what its content refers to by path.
    """

    name: pulumi.Output[str]
    checksum: pulumi.Output[str]
    files: SecretFiles | None = None


def make_secret(
    name: str,
    content: Mapping[str, pulumi.Input[str]],
    naming: Naming,
    namespace: pulumi.Output[str],
    parent: pulumi.Resource,
) -> SecretReference:
    """Declare a Secret with these variables."""
    secret = kubernetes.core.v1.Secret(
        name,
        metadata={"name": name, "namespace": namespace, "labels": naming.labels(name)},
        string_data=dict(content),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    hashed = pulumi.Output.json_dumps(content).apply(lambda text: hashlib.sha256(text.encode()).hexdigest()[:16])
    return SecretReference(
        name=secret.metadata.apply(lambda metadata: str(metadata["name"])), checksum=pulumi.Output.unsecret(hashed)
    )
