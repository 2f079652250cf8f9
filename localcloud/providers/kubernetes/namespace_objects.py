"""What a preview environment has in its namespace before anything runs there: limits, and who may work in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from lightkube.resources import core_v1, rbac_authorization_v1

from localcloud.providers.checks import one_of
from localcloud.providers.kubernetes.object import METADATA, Object
from localcloud.providers.resource_type import Input

RBAC = "rbac.authorization.k8s.io/v1"


class ResourceQuota(Object):
    """`kubernetes:core/v1:ResourceQuota`."""

    token = "kubernetes:core/v1:ResourceQuota"
    resource = core_v1.ResourceQuota
    kind = "ResourceQuota"
    inputs: ClassVar[Mapping[str, Input]] = {
        "apiVersion": Input(default="v1", problem=one_of("v1")),
        "kind": Input(default="ResourceQuota", problem=one_of("ResourceQuota")),
        "metadata": METADATA,
        "spec": Input(),
    }
    computed = frozenset({"status"})


class LimitRange(Object):
    """`kubernetes:core/v1:LimitRange`."""

    token = "kubernetes:core/v1:LimitRange"
    resource = core_v1.LimitRange
    kind = "LimitRange"
    inputs: ClassVar[Mapping[str, Input]] = {
        "apiVersion": Input(default="v1", problem=one_of("v1")),
        "kind": Input(default="LimitRange", problem=one_of("LimitRange")),
        "metadata": METADATA,
        "spec": Input(),
    }


class RoleBinding(Object):
    """`kubernetes:rbac.authorization.k8s.io/v1:RoleBinding`."""

    token = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
    resource = rbac_authorization_v1.RoleBinding
    kind = "RoleBinding"
    api_version = RBAC
    inputs: ClassVar[Mapping[str, Input]] = {
        "apiVersion": Input(default=RBAC, problem=one_of(RBAC)),
        "kind": Input(default="RoleBinding", problem=one_of("RoleBinding")),
        "metadata": METADATA,
        "roleRef": Input(required=True, replaces=True),
        "subjects": Input(),
    }
