"""What a Service's annotations ask of its load balancer.

Names, defaults and errors: docs/controllers/services/annotations.md of digitalocean-cloud-controller-manager.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ID = "kubernetes.digitalocean.com/load-balancer-id"
DISOWN = "service.kubernetes.io/do-loadbalancer-disown"
PREFIX = "service.beta.kubernetes.io/do-loadbalancer-"
TYPE = f"{PREFIX}type"
PROTOCOLS = ("tcp", "http", "https", "http2")


class AnnotationError(ValueError):
    """An annotation cannot be used; the text names it, its value, and what to write instead."""


@dataclass(frozen=True)
class Annotations:
    """The annotations of one Service; keys are what follows PREFIX."""

    values: Mapping[str, str]

    @property
    def load_balancer_id(self) -> str:
        return self.values.get(ID, "")

    @property
    def disowned(self) -> bool:
        """Whether its load balancer is not to be touched any more."""
        return self._boolean(DISOWN)

    def text(self, key: str, default: str = "") -> str:
        return self.values.get(PREFIX + key, default)

    def has(self, key: str) -> bool:
        return PREFIX + key in self.values

    def boolean(self, key: str) -> bool:
        """False where there is none.

        Raises:
            AnnotationError: neither true nor false.
        """
        return self._boolean(PREFIX + key)

    def number(self, key: str, default: int) -> int:
        """Raises: AnnotationError: not a whole number."""
        value = self.text(key)
        if not value:
            return default
        if not value.isdecimal():
            raise AnnotationError(f'annotation {PREFIX}{key} is {value!r}: write a whole number, such as "{default}"')
        return int(value)

    def ports(self, key: str) -> list[int]:
        """Raises: AnnotationError: not numbers with commas between."""
        words = [word.strip() for word in self.text(key).split(",") if word.strip()]
        if not all(word.isdecimal() for word in words):
            raise AnnotationError(f'annotation {PREFIX}{key} is {self.text(key)!r}: write ports, such as "443,8443"')
        return [int(word) for word in words]

    def choice(self, key: str, choices: tuple[str, ...], default: str) -> str:
        """Raises: AnnotationError: none of `choices`."""
        value = self.text(key, default)
        if value not in choices:
            raise AnnotationError(f"annotation {PREFIX}{key} is {value!r}: write one of {', '.join(choices)}")
        return value

    def _boolean(self, name: str) -> bool:
        value = self.values.get(name, "false").lower()
        if value not in {"true", "false"}:
            raise AnnotationError(f'annotation {name} is {value!r}: write "true" or "false"')
        return value == "true"
