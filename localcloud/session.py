"""One local cloud for the time of a command: its errors become sentences, and are recorded."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from delivery.outcome import DeliveryError, Status, is_run_error
from infra.config.stack_file import StackFileError
from localcloud.cloud import LocalCloud
from localcloud.deployment import PREVIOUS, Deployment, DeploymentError
from localcloud.down import PurgeError
from localcloud.error_log import record_error
from localcloud.instance import Instance, InstanceError
from localcloud.machine.cgroups import ControlGroupError
from localcloud.machine.command import CancelledError, CommandError
from localcloud.machine.daemons import DaemonError
from localcloud.machine.docker import DockerError
from localcloud.machine.locks import LockedError
from localcloud.machine.network import NetworkError
from localcloud.machine.packages import PackageError
from localcloud.machine.public_images import PublicImageError
from localcloud.pulumi_engine.cli import MissingCliError
from localcloud.pulumi_engine.plugins import PluginError
from localcloud.pulumi_engine.release import ReleaseError
from localcloud.stack import PROJECT, Stack, checkout

# What the machine lacks: `doctor` says how to get it.
OF_THE_MACHINE = (
    ControlGroupError,
    DaemonError,
    DockerError,
    MissingCliError,
    NetworkError,
    PackageError,
    PluginError,
    PublicImageError,
)
OF_THE_RELEASE = (CommandError, DeploymentError)
EXPECTED = (
    *OF_THE_MACHINE,
    *OF_THE_RELEASE,
    InstanceError,
    LockedError,
    PurgeError,
    ReleaseError,
    StackFileError,
)


class LocalCloudError(DeliveryError):
    """A command of the local cloud failed; the traceback is in the instance's error log."""


class UnfitMachineError(LocalCloudError):
    """The machine lacks what only its user can get."""

    next_command = "slipway local doctor"


class StoppedError(DeliveryError):
    """Somebody ended the command."""

    status = Status.INTERRUPTED


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What to deploy, where that is not what the stack file says.

    Attributes:
        release: a git revision, or `previous`.
        build: whether images that the registry lacks are built; only for another release.
        services: the names of those to deploy; None: all.
    """

    release: str | None = None
    build: bool = False
    services: Sequence[str] | None = None


@contextlib.contextmanager
def open_cloud(choice: Choice | None = None) -> Iterator[LocalCloud]:
    """The local cloud of SLIPWAY_INSTANCE; what goes wrong with it is recorded in its error log.

    Raises:
        LocalCloudError: whatever went wrong, as a sentence for a person.
        StoppedError: the command was interrupted.
    """
    # The user's own Pulumi settings, such as a passphrase of staging, are not this stack's.
    for name in [name for name in os.environ if name.startswith("PULUMI_")]:
        del os.environ[name]
    try:
        instance = Instance.from_environment()
    except InstanceError as error:
        raise LocalCloudError(str(error)) from error
    try:
        yield _open(instance, choice or Choice())
    except (CancelledError, KeyboardInterrupt) as error:
        raise StoppedError("stopped; run the same command again to continue") from error
    except DeliveryError:
        raise
    except EXPECTED as error:
        record_error(instance, error)
        failure = LocalCloudError(str(error))
        failure.next_command = _next_command(error)
        raise failure from error
    except Exception as error:
        if is_run_error(error) or (log := record_error(instance, error)) is None:
            raise
        raise LocalCloudError(
            f"unexpected error: {type(error).__name__}: {error}\nthe traceback is in {log}"
        ) from error


def _open(instance: Instance, choice: Choice) -> LocalCloud:
    whole = Stack(instance, checkout(), {})
    overrides: dict[str, Any] = {}
    if release := choice.release:
        if release == PREVIOUS:
            release = Deployment(LocalCloud(instance, whole).workspace).previous_release()
        images = "build" if choice.build else "registry"
        overrides |= {f"{PROJECT}:release": release, f"{PROJECT}:images": images}
    if choice.services:
        overrides[f"{PROJECT}:services"] = whole.only(choice.services)
    return LocalCloud(instance, Stack(instance, checkout(), overrides))


def _next_command(error: Exception) -> str | None:
    if isinstance(error, OF_THE_MACHINE):
        return "slipway local doctor"
    return "slipway local status" if isinstance(error, OF_THE_RELEASE) else None
