"""The mount namespace of a node: what a kubelet does to folders and settings of a whole machine stays in it.

The kubelet and containerd write to fixed paths whatever their flags say, and the kubelet sets kernel parameters of
the whole machine. In a namespace of their own each of those paths is a folder, or a file, of the node's.
kind and k3d run nodes in containers for the same reason.
"""

from __future__ import annotations

import contextlib
import os
import shlex
from pathlib import Path

from localcloud.machine import network
from localcloud.machine.command import CommandError, Commands
from localcloud.machine.place import Place

MOUNTS = Path("/proc/self/mounts")
# Where a kubelet and containerd write whatever is sent to them: device plugins, CNI's results, links to pods' logs.
FOLDERS = ("/var/lib/kubelet", "/var/lib/cni", "/var/log/containers")
# A kubelet dies unless these have these values (k8s.io/component-helpers/node/util/sysctl); it reads them here.
PARAMETERS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}


def namespace(place: Place) -> Path:
    """The file that keeps the namespace alive."""
    return place.run / "namespaces/mount"


def create(place: Place, commands: Commands) -> None:
    """Make the namespace, unless it is there.

    Raises:
        CommandError: the kernel refused.
    """
    log = place.logs / "network.log"
    file = namespace(place)
    if file.exists():
        try:
            commands.run(["nsenter", f"--mount={file}", "--", "true"], log=log)
        except CommandError:
            pass  # a file without its namespace: `unshare` below mounts over it
        else:
            return
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.touch()
    if not file.parent.is_mount():
        # A mount namespace can be kept only on a mount that does not spread to others.
        commands.run(["mount", "--bind", file.parent, file.parent], log=log)
        commands.run(["mount", "--make-private", file.parent], log=log)
    _create_mount_points(place)
    script = "set -e\n" + "\n".join(shlex.join(["mount", "--bind", *pair]) for pair in _binds(place))
    # Changes of the host's mounts come in (a disk that is mounted later), ours do not go out.
    words = ["unshare", f"--mount={file}", "--propagation=slave", "--", "sh", "-c"]
    _unshare([*words, f"{script}\nmount --make-rshared /"], commands, log)


def _unshare(command: list[str], commands: Commands, log: Path) -> None:
    """Run `unshare`, if need be on one processor after the other.

    Only a namespace with a smaller number can keep another. Linux 6.18 gives each processor a range of numbers of its
    own, so inside a container, whose namespace is not the machine's first, it depends on the processor.
    """
    try:
        commands.run(command, log=log)
    except CommandError as error:
        for processor in sorted(os.sched_getaffinity(0)):
            with contextlib.suppress(CommandError):
                commands.run(["taskset", "--cpu-list", str(processor), *command], log=log)
                return
        raise error from None


def enter(place: Place) -> list[str]:
    """The words before a command that run it in the place's mount and network namespaces."""
    return ["nsenter", f"--net={network.NAMESPACES / place.name}", f"--mount={namespace(place)}", "--"]


def unmount(place: Place, commands: Commands) -> None:
    """Take away the namespace, and what an earlier version mounted for pods, deepest first."""
    points = [line.split()[1].encode().decode("unicode_escape") for line in MOUNTS.read_text().splitlines()]
    ours = [
        point for point in points if Path(point).is_relative_to(place.home) or Path(point).is_relative_to(place.run)
    ]
    for point in sorted(ours, key=len, reverse=True):
        commands.run(["umount", "--lazy", point], log=place.log("network"))


def remove_mount_points(place: Place) -> None:
    """Remove the folders that were made to be mounted over. Only once the namespace is gone."""
    record = place.mount_points
    if not record.exists():
        return
    for line in reversed(record.read_text().splitlines()):
        folder = Path(line)
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    record.unlink()


def _create_mount_points(place: Place) -> None:
    """A folder that this machine lacks is made, empty, and noted for `remove_mount_points`."""
    record = place.mount_points
    made = record.read_text().splitlines() if record.exists() else []
    missing = [Path(folder) for folder in FOLDERS if not Path(folder).exists()]
    record.write_text("".join(f"{folder}\n" for folder in dict.fromkeys([*made, *map(str, missing)])))
    for folder in missing:
        folder.mkdir(parents=True)


def _binds(place: Place) -> list[tuple[str, str]]:
    """Sources and targets; the sources are made."""
    pairs = []
    for folder in FOLDERS:
        source = place.home / "node" / folder.strip("/").replace("/", "-")
        source.mkdir(parents=True, exist_ok=True)
        pairs.append((str(source), folder))
    for name, value in PARAMETERS.items():
        source = place.home / "node" / name.replace("/", "-")
        source.write_text(f"{value}\n")
        target = Path("/proc/sys") / name
        if target.exists():
            pairs.append((str(source), str(target)))
    return pairs
