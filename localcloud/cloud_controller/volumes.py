"""Volumes of block storage whose claim is gone: emptied, and there for the next claim.

DigitalOcean deletes such a volume (its StorageClass has the policy Delete). Here a volume is a folder that is there
from the start, so that a new one is the same, empty.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from localcloud.cloud_controller.kubernetes import Kubernetes, Object

CLASS = "do-block-storage"


class BlockVolumes:
    """Frees the volumes of one cluster."""

    def __init__(self, kubernetes: Kubernetes) -> None:
        self._kubernetes = kubernetes

    def reconcile(self) -> None:
        """Empty and free what is released."""
        for volume in self._kubernetes.volumes():
            if volume["spec"].get("storageClassName") == CLASS and _is_released(volume):
                _empty(Path(volume["spec"]["hostPath"]["path"]))
                self._kubernetes.free_volume(volume)


def _is_released(volume: Object) -> bool:
    return bool((volume.get("status") or {}).get("phase") == "Released")


def _empty(folder: Path) -> None:
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
