"""The backend's build context is exported, as a stack's update exports it."""

from __future__ import annotations

from pathlib import Path

from infra.source.build_context import export_context
from infra.source.release import Release


def export_backend(revision="HEAD", folder=Path(), shares=()):
    return export_context(Release(revision, folder=folder).of("backend", "backend", shares), folder=folder)
