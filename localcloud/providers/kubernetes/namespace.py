"""Namespaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from lightkube.resources import core_v1

from localcloud.providers.checks import one_of
from localcloud.providers.kubernetes.object import METADATA, Object
from localcloud.providers.resource_type import Input


class Namespace(Object):
    """`kubernetes:core/v1:Namespace`; it is gone when everything in it is."""

    token = "kubernetes:core/v1:Namespace"
    resource = core_v1.Namespace
    kind = "Namespace"
    inputs: ClassVar[Mapping[str, Input]] = {
        "apiVersion": Input(default="v1", problem=one_of("v1")),
        "kind": Input(default="Namespace", problem=one_of("Namespace")),
        "metadata": METADATA,
        "spec": Input(),
    }
    computed = frozenset({"status"})
