"""What one update of a stack is to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from delivery.outcome import RefusedError, UnreachableError
from delivery.stack.history import Rollback

REGISTRY = "registry"  # of `slipway:images`: every image is looked up, and none built


class NotStartedError(UnreachableError):
    """The stack could not be asked right before its update: nothing was changed."""


class OvertakenError(RefusedError):
    """Another update was faster: the stack runs something else than what this one was judged by."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One update of a stack to a release.

    Attributes:
        release: its commit, whole.
        why: begins the message in the history.
        images: what `slipway:images` says for it.
        rollback: what is rolled back from; None for a deploy and a promotion.
        digests: the images that are to run, as far as they are known before.
    """

    release: str
    why: str
    images: str
    rollback: Rollback | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
