"""Secrets."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any, ClassVar

from lightkube.resources import core_v1

from localcloud.providers.checks import one_of
from localcloud.providers.kubernetes.object import METADATA, Object
from localcloud.providers.resource_type import Input, Properties, Resource


class Secret(Object):
    """`kubernetes:core/v1:Secret`."""

    token = "kubernetes:core/v1:Secret"
    resource = core_v1.Secret
    kind = "Secret"
    inputs: ClassVar[Mapping[str, Input]] = {
        "apiVersion": Input(default="v1", problem=one_of("v1")),
        "kind": Input(default="Secret", problem=one_of("Secret")),
        "metadata": METADATA,
        "data": Input(),
        "stringData": Input(),
        "type": Input(replaces=True),
        "immutable": Input(replaces=lambda old, _: old is True),  # the API takes no such word back
    }
    secrets = frozenset({"data", "stringData"})

    def replaces(self, keys: tuple[str | int, ...], old: Properties, new: Properties) -> bool:
        """As the official provider: a changed content makes a new Secret, unless the provider says otherwise."""
        mutable = self.cluster.secrets_change_in_place and True not in {old.get("immutable"), new.get("immutable")}
        return keys[0] in self.secrets and not mutable

    def _resource(self, live: Properties, known: Mapping[str, Any], manager: str) -> Resource:
        """As the cluster has only `data`, what a program gave as `stringData` is read from there."""
        made = super()._resource(live, known, manager)
        texts = known.get("stringData")
        if not texts:
            return made
        data: dict[str, str] = live.get("data") or {}
        strings = {key: _text(data[key]) for key in texts if key in data}
        inputs = {**made.inputs, "stringData": strings}
        return Resource(made.identity, inputs, {**made.outputs, "stringData": strings})


def _text(encoded: str) -> str:
    """A value of `data` as text; one that is none differs from every text that a program may give."""
    return b64decode(encoded).decode(errors="replace")
