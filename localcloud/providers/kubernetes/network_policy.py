"""Network policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from lightkube.resources import networking_v1

from localcloud.providers.checks import one_of
from localcloud.providers.kubernetes.object import METADATA, Object
from localcloud.providers.resource_type import Input


class NetworkPolicy(Object):
    """`kubernetes:networking.k8s.io/v1:NetworkPolicy`."""

    token = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
    resource = networking_v1.NetworkPolicy
    kind = "NetworkPolicy"
    api_version = "networking.k8s.io/v1"
    inputs: ClassVar[Mapping[str, Input]] = {
        "apiVersion": Input(default=api_version, problem=one_of(api_version)),
        "kind": Input(default="NetworkPolicy", problem=one_of("NetworkPolicy")),
        "metadata": METADATA,
        "spec": Input(),
    }
