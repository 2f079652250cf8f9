"""The instance that a rehearsal takes beside its own: prod's account is another one than staging's.

It is the next number. A note in either's folder names the other, so that `down` takes both, and neither `down` nor a
rehearsal takes a local cloud that somebody uses.
"""

from __future__ import annotations

from localcloud.instance import LARGEST_NUMBER, Instance, InstanceError
from localcloud.machine.supervisor import Supervisor

NOTE, OWNER = "second-instance", "first-instance"


def find(instance: Instance) -> Instance | None:
    """The second instance of an earlier rehearsal; None where there was none."""
    try:
        number = int((instance.home / NOTE).read_text())
    except (FileNotFoundError, ValueError):
        return None
    second = Instance(number=number, cache=instance.cache)
    return second if _is_owned(second, instance) else None


def claim(instance: Instance) -> Instance:
    """Take the next instance, and note it; safe to repeat.

    Raises:
        InstanceError: there is no next number, or somebody else uses it.
    """
    if (known := find(instance)) is not None:
        return known
    number = instance.number + 1
    if number > LARGEST_NUMBER:
        raise InstanceError(
            f"SLIPWAY_INSTANCE is {instance.number}, and a rehearsal takes the next one, too; write less"
        )
    second = Instance(number=number, cache=instance.cache)
    if (second.home.exists() and not _is_owned(second, instance)) or Supervisor(second).running:
        raise InstanceError(
            f"instance {number}, which the rehearsal takes for prod's account, is in use; remove it "
            f"(`SLIPWAY_INSTANCE={number} make down PURGE=1`), or write another number into SLIPWAY_INSTANCE"
        )
    second.create_folders()
    (second.home / OWNER).write_text(f"{instance.number}\n")
    (instance.home / NOTE).write_text(f"{number}\n")
    return second


def _is_owned(second: Instance, first: Instance) -> bool:
    """Whether the second instance's files are of a rehearsal of the first: whoever purges them ends that."""
    try:
        return int((second.home / OWNER).read_text()) == first.number
    except (FileNotFoundError, ValueError):
        return False
