"""The stack file that one update uses: a copy, as the committed one is nobody's to change here."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from delivery.outcome import MissingError
from delivery.stack.history import CANARY_KEY, IMAGES_KEY, RECORD_KEYS, RELEASE_KEY
from infra.config.stack_file import StackFileError, load_stack_file, write_stack_file

CLUSTER_KEY = "slipway:cluster"


@dataclass(frozen=True, kw_only=True)
class UpdateSettings:
    """What differs from the committed stack file.

    Attributes:
        release: the commit; None: as the file says.
        images: `registry` when nothing is to be built; None: as the file says.
        cluster_minor: of Kubernetes, where the file has a lower one.
        canary: the services that get one, with their percentages; empty: none.
        records: what the update's record in the history says, by RECORD_KEYS.
    """

    release: str | None = None
    images: str | None = None
    cluster_minor: str | None = None
    canary: Mapping[str, int] = field(default_factory=dict)
    records: Mapping[str, Any] = field(default_factory=dict)


@contextmanager
def write_update_file(committed: Path, stack: str, settings: UpdateSettings) -> Iterator[Path]:
    """Write the copy, in a folder that goes afterwards.

    Raises:
        MissingError: the committed file cannot be read.
    """
    try:
        content = load_stack_file(committed)
    except StackFileError as error:
        raise MissingError(str(error)) from error
    config = content["config"]
    for key in (*RECORD_KEYS, CANARY_KEY):
        config.pop(key, None)
    config.update(settings.records)
    if settings.canary:
        config[CANARY_KEY] = dict(settings.canary)
    if settings.release is not None:
        config[RELEASE_KEY] = settings.release
    if settings.images is not None:
        config[IMAGES_KEY] = settings.images
    cluster = config.get(CLUSTER_KEY) or {}
    minor = settings.cluster_minor
    if minor is not None and _order_minor(cluster.get("version")) < _order_minor(minor):
        cluster["version"] = minor
    with tempfile.TemporaryDirectory(prefix="slipway-") as folder:
        file = Path(folder) / f"Pulumi.{stack}.yaml"
        file.write_text(write_stack_file(content), encoding="utf-8")
        yield file


def _order_minor(version: str | None) -> tuple[int, ...]:
    """What minors are ordered by; one that is none is the highest, so that it is left to the program to refuse."""
    try:
        return tuple(int(part) for part in str(version).split("."))
    except ValueError:
        return (sys.maxsize,)
