"""Which release may follow what runs: one of the branch, and not one that was rolled back automatically."""

from __future__ import annotations

from datetime import UTC

from delivery.github.branches import read_branches
from delivery.outcome import MissingError, RefusedError
from delivery.stack.commits import is_merged, is_older
from delivery.stack.history import find_automatic_rollback
from delivery.stack.outputs import Outputs
from delivery.stack.pulumi_stack import PulumiStack


def refuse_unmerged(
    stack: PulumiStack, release: str, live: Outputs | None, *, automatic: bool, allow: bool = False
) -> None:
    """Refuse a release that is not, or no longer, part of a protected branch: a branch may have been rewritten.

    A person may deploy a release before it is merged, if it has all that runs. One that has not would take back what
    the branch has, and needs `allow`.

    Args:
        release: its commit, whole.
        live: what the stack runs.

    Raises:
        RefusedError: an automatic deploy of an unmerged release; or a person's, which would take something back.
        MissingError: the deploy is automatic, and ci.yml does not name the branches.
    """
    if allow and not automatic:
        return
    checkout = stack.checkout
    try:
        branches = " or ".join(read_branches(checkout).remote)
    except MissingError:
        if automatic:
            raise
        return  # a person's own word counts where nothing says what is protected
    if is_merged(release, checkout):
        return
    if automatic:
        raise RefusedError(
            f"{release[:12]} is not part of {branches}, or no longer, as after a forced push: only what was merged "
            f"is deployed automatically. Deploy what the branch has now; if it is to be this one, a person names it: "
            f"`slipway stack deploy --stack {stack.name} --release {release[:12]} --allow-unmerged`"
        )
    if live and is_merged(live.release, checkout) and not is_older(live.release, release, checkout):
        raise RefusedError(
            f"{release[:12]} is not part of {branches}, or no longer, as after a forced push, and does not have what "
            f"runs on {stack.name} ({live.release[:12]}); if it is to run all the same: --allow-unmerged"
        )


def refuse_rolled_back(stack: PulumiStack, release: str) -> None:
    """Refuse a release that was rolled back automatically.

    Raises:
        RefusedError: it was.
        PulumiError: the history cannot be read.
    """
    if (rollback := find_automatic_rollback(stack.history(), release, stack.checkout)) is None:
        return
    at = (rollback.end_time or rollback.start_time).astimezone(UTC)
    raise RefusedError(
        f"{release[:12]} failed on {stack.name} and was rolled back automatically on {at:%Y-%m-%d %H:%M} UTC: "
        f"no automatic deploy tries it again. Fix it in a new commit, or name it: "
        f"`slipway stack deploy --stack {stack.name} --release {release[:12]}`"
    )
