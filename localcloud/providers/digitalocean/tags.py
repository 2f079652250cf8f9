"""Tags: whose they are, and which may be given."""

from __future__ import annotations

import re
from collections.abc import Iterable

from localcloud.providers.resource_type import Input

DEFAULT_POOL = "terraform:default-node-pool"  # marks the node pool that belongs to its cluster's resource
NAME = re.compile(r"[a-zA-Z0-9:\-_]{1,255}")


def without_generated(tags: Iterable[str] | None) -> list[str]:
    """Without the tags that DigitalOcean and the official provider add on their own."""
    return [tag for tag in tags or [] if tag != "k8s" and not tag.startswith(("k8s:", "terraform:"))]


def _problem(tags: list[str]) -> str | None:
    wrong = [tag for tag in tags if not NAME.fullmatch(str(tag))]
    return f"a tag has 1 to 255 letters, digits, colons, dashes and underscores: {wrong[0]!r}" if wrong else None


TAGS = Input(unordered=True, problem=_problem)
