"""The commands of `slipway stack` about what keeps deploys from a stack: locks, holds and freezes."""

from __future__ import annotations

from delivery.outcome import Report, Status
from slipway import stack_options as own
from slipway.declaration import create_group, declare
from slipway.options import Apply, ConfigFile, Repository, Stack

app = create_group("What keeps deploys from a stack: locks, holds and freezes.")

STATUSES = (Status.FAILED, Status.REFUSED, Status.UNREACHABLE, Status.MISSING)


@declare(
    app,
    "freeze",
    examples=['stack freeze --stack prod --reason "Black Friday, ask ada"'],
    statuses=STATUSES,
)
def freeze(stack: Stack, reason: own.Reason) -> Report:
    """Stop all deploys and promotions to a stack, and record who did it and why. A rollback stays allowed."""
    from delivery.commands import holds
    from delivery.stack.pulumi_stack import PulumiStack

    return holds.freeze(PulumiStack(stack), reason)


@declare(
    app,
    "resume",
    examples=["stack resume --stack prod  # after a freeze, or after a rollback by a person"],
    statuses=STATUSES,
)
def resume(stack: Stack) -> Report:
    """End the freeze of a stack, and its hold after a rollback; say what was ended."""
    from delivery.commands import holds
    from delivery.stack.pulumi_stack import PulumiStack

    return holds.resume(PulumiStack(stack))


@declare(
    app,
    "unstick",
    examples=[
        "stack unstick --stack prod --repo owner/name  # who, since when, is that run alive",
        "stack unstick --stack prod --repo owner/name --apply",
    ],
    statuses=STATUSES,
)
def unstick(stack: Stack, config_file: ConfigFile = None, repo: Repository = None, apply: Apply = False) -> Report:
    """Say who holds a stack's lock and whether that run is alive; with `--apply`, remove the lock of a dead run."""
    from delivery.commands import locks
    from delivery.commands.target import Target
    from delivery.stack.pulumi_stack import PulumiStack

    target = Target(stack=PulumiStack(stack, config_file=config_file), repository=repo)
    return locks.free_stack(target, apply=apply)
