"""Taking an instance down: its programs, its pods, its mounts and its network, and with `purge` its files."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from localcloud.backends.database_network import DatabaseNetwork
from localcloud.instance import LARGEST_NUMBER, MARKER, MARKER_TEXT, Instance, is_ours
from localcloud.machine import cgroups, cluster_removal, docker, mounts, network, shims, sysctls
from localcloud.machine.cluster_place import cluster_places
from localcloud.machine.command import Commands
from localcloud.machine.supervisor import Supervisor

SHARED = ("tools", "docker", "partial", "pulumi-home")  # what instances of one cache folder share


class PurgeError(RuntimeError):
    """Files that may not be ours would be removed."""


def down(instance: Instance, commands: Commands) -> None:
    """Stop everything of the instance; safe to repeat, and from any state `up` was interrupted in."""
    Supervisor(instance).stop()
    _stop_account(instance, commands)
    cgroups.end(instance.name)
    shims.end(instance.run)
    mounts.unmount(instance, commands)
    mounts.remove_mount_points(instance)
    network.remove(instance, commands)
    shutil.rmtree(instance.run, ignore_errors=True)
    if not others_up(instance) and not any(docker.candidates()):  # Docker forwards packets, too
        sysctls.restore()


def purge(instance: Instance, commands: Commands) -> None:
    """Remove the instance's files. Only for an instance that is down.

    Raises:
        PurgeError: the cache folder is not marked as ours.
    """
    if not instance.home.exists():
        return
    _check_marker(instance)
    _remove(instance.home, commands)


def purge_shared(instance: Instance, commands: Commands) -> list[str]:
    """Remove what instances share, unless one of them still has files.

    Returns:
        The names of the instances that do; nothing was removed then.

    Raises:
        PurgeError: the cache folder is not marked as ours.
    """
    if not instance.cache.exists():
        return []
    _check_marker(instance)
    users = sorted(folder.name for folder in (instance.cache / "instances").glob("*/"))
    if users:
        return users
    for name in SHARED:
        _remove(instance.cache / name, commands)
    (instance.cache / MARKER).unlink(missing_ok=True)
    for folder in (instance.cache / "instances", instance.cache):
        if folder.is_dir() and not any(folder.iterdir()):  # else somebody keeps files of their own here
            folder.rmdir()
    return []


def others_up(instance: Instance) -> list[int]:
    """Numbers of the other instances on this machine that are up."""
    numbers = [number for number in range(LARGEST_NUMBER + 1) if number != instance.number]
    others = [Instance(number=number, cache=instance.cache) for number in numbers]
    return [other.number for other in others if Supervisor(other).running]


@dataclass(frozen=True)
class _RunFolder:
    """A place of which only the folder of its sockets is known."""

    run: Path

    @property
    def home(self) -> Path:
        return self.run

    @property
    def logs(self) -> Path:
        return self.run

    def create_folders(self) -> None:
        """Nothing is made in it."""


def _stop_account(instance: Instance, commands: Commands) -> None:
    """Stop what a rehearsal's account ran: clusters, then whatever else has a supervisor of its own."""
    for cluster in cluster_places(instance):
        if cluster_removal.is_up(cluster):
            cluster_removal.stop(cluster, commands)
    for folder in instance.run.parent.glob(f"{instance.number}-*/"):
        Supervisor(_RunFolder(folder)).stop()
        shutil.rmtree(folder, ignore_errors=True)
    DatabaseNetwork(instance.number, commands, instance.log("network")).remove()


def _check_marker(instance: Instance) -> None:
    if not is_ours(instance.cache):
        raise PurgeError(
            f"{instance.cache} has no {MARKER} of Slipway, so nothing in it was removed; "
            "if it is a local cloud's, run `make up` once, which marks it"
        )
    (instance.cache / MARKER).write_text(MARKER_TEXT)  # an earlier version set none


def _remove(folder: Path, commands: Commands) -> None:
    """By rm, in a child: a cache of many small files takes Python's own walk several times longer."""
    if folder.exists():
        commands.run(["rm", "-rf", "--one-file-system", str(folder)], log=Path("/dev/null"))
