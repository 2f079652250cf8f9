"""Asking who holds a stack."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from delivery.redaction import redacted
from delivery.stack.lock import Lock, is_locked, parse_locks
from delivery.stack.pulumi_cli import NO_STACK, LockedError, PulumiCli, PulumiError, parse_answer


class ListedStack(BaseModel):
    """One of `pulumi stack ls --json`.

    Attributes:
        in_progress: whether an update is; None: a self-managed backend does not say.
    """

    model_config = ConfigDict(populate_by_name=True)

    name: str
    in_progress: bool | None = Field(default=None, alias="updateInProgress")


STACKS = TypeAdapter(list[ListedStack])


def read_locks(cli: PulumiCli) -> list[Lock]:
    """Who holds the stack, asked by a command that takes the lock, and then will not give the stack its own name.

    Raises:
        LockedError: an update is in progress in Pulumi Cloud, which does not say whose.
        MissingError: no Pulumi CLI.
        PulumiError: it says something else.
    """
    if (in_progress := is_in_progress(cli)) is not None:
        if in_progress:
            raise LockedError(cli.stack, [])
        return []
    done = cli.capture("stack", "rename", cli.stack)
    said = done.stdout + done.stderr
    if is_locked(said):
        if locks := parse_locks(said):
            return locks
    elif "already exists" in said or NO_STACK.search(said):
        return []
    raise PulumiError(redacted(f"cannot determine whether {cli.stack} is locked: {said.strip()}"))


def is_in_progress(cli: PulumiCli) -> bool | None:
    """Whether Pulumi Cloud has an update of the stack in progress; None: a self-managed backend does not say.

    Raises:
        MissingError: no Pulumi CLI.
        PulumiError: it says something else.
    """
    stacks = parse_answer(cli.read("stack", "ls", "--json", name_stack=False), STACKS, "the list of stacks is")
    answers = (each.in_progress for each in stacks if each.name.rpartition("/")[2] == cli.stack)
    return next((answer for answer in answers if answer is not None), None)
