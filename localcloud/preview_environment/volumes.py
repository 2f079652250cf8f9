"""The volumes of a namespace that is gone: emptied, and free for the next claim.

A real cluster's volumes go with their claims. Those of this machine are folders that stay, so that no data of the
`local` stack is lost with a claim.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

Kubectl = Callable[..., str]
FREE = json.dumps({"spec": {"claimRef": None}})


def free_volumes(kubectl: Kubectl, namespace: str) -> list[str]:
    """Empty and free the volumes that claims of a namespace had; returns their names.

    Args:
        kubectl: runs kubectl with these words, and returns what it prints.
        namespace: one that is gone: what its claims held is deleted.
    """
    freed = []
    for volume in _list_volumes(kubectl, namespace):
        folder = Path(volume["spec"]["hostPath"]["path"])
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        name = str(volume["metadata"]["name"])
        kubectl("patch", "persistentvolume", name, "--type=merge", f"--patch={FREE}")
        freed.append(name)
    return freed


def _list_volumes(kubectl: Kubectl, namespace: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(kubectl("get", "persistentvolumes", "--output=json"))["items"]
    return [each for each in found if (each["spec"].get("claimRef") or {}).get("namespace") == namespace]
