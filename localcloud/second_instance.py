"""The instance that a rehearsal takes beside its own: prod's account is another one than staging's.

It is the next number. A note in the first instance's folder says that its files are the rehearsal's, so that `down`
takes both, and a rehearsal never takes a local cloud that somebody uses.
"""

from __future__ import annotations

from localcloud.instance import LARGEST_NUMBER, Instance, InstanceError
from localcloud.machine.daemons import Supervisor

NOTE = "second-instance"


def find(instance: Instance) -> Instance | None:
    """The second instance of an earlier rehearsal; None where there was none."""
    try:
        number = int((instance.home / NOTE).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return Instance(number=number, cache=instance.cache)


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
    if second.home.exists() or Supervisor(second).running:
        raise InstanceError(
            f"instance {number}, which the rehearsal takes for prod's account, is in use; remove it "
            f"(`SLIPWAY_INSTANCE={number} make down PURGE=1`), or write another number into SLIPWAY_INSTANCE"
        )
    (instance.home / NOTE).write_text(f"{number}\n")
    return second
