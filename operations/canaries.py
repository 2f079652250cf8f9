"""The canaries of a stack: whether a deploy watches them, or one that was killed left them behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # it imports Pulumi, which takes a second
    from delivery.stack.pulumi_stack import PulumiStack

# A step is watched for half an hour at most (`verify.canary.seconds`), and the update after it rolls the release out.
LONGEST_STEP = timedelta(hours=1)
RUNBOOK = "docs/runbook.md, 'Canary left running'"


@dataclass(frozen=True, kw_only=True)
class RunningCanary:
    """A canary that answers a part of a service's requests.

    Attributes:
        percent: of the requests from outside.
        tag: of the image that it runs.
        live: the commit of the release that answers the rest.
        since: when it got this part; None where the history does not say.
        is_left: whether a deploy that was killed left it.
    """

    service: str
    percent: int
    tag: str
    live: str
    since: datetime | None
    is_left: bool

    def describe(self, stack: str) -> str:
        """A sentence that says what ends it."""
        since = f" since {self.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if self.since else ""
        has = f"{self.service}: a canary of {self.tag} has {self.percent} % of the requests{since}"
        if not self.is_left:
            return f"{has}: a deploy is at work, or was killed ({RUNBOOK})"
        return (
            f"{has}: a deploy that was killed left it, and the next one removes it. At once: "
            f"`slipway stack deploy --stack {stack} --release {self.live[:12]}`, which runs already ({RUNBOOK})"
        )

    def facts(self) -> dict[str, Any]:
        """What `--json` prints of it."""
        return {
            "percent": self.percent,
            "tag": self.tag,
            "since": self.since and self.since.isoformat(),
            "leftOver": self.is_left,
        }


def read_canaries(pulumi: PulumiStack, *, updating: bool, now: datetime) -> tuple[RunningCanary, ...]:
    """Return the canaries of a stack, by the outputs of its last update.

    Args:
        updating: whether an update of the stack is known to be in progress.

    Raises:
        MissingError: no Pulumi CLI.
        PulumiError: the backend does not answer, or answers something else.
    """
    outputs = pulumi.outputs()
    if outputs is None or not outputs.canary:
        return ()
    since = _find_last_step(pulumi)
    is_left = not updating and since is not None and now - since > LONGEST_STEP
    return tuple(
        RunningCanary(
            service=name,
            percent=canary.percent,
            tag=canary.tag,
            live=outputs.release,
            since=since,
            is_left=is_left,
        )
        for name, canary in outputs.canary.items()
    )


def _find_last_step(pulumi: PulumiStack) -> datetime | None:
    """When the newest update that declared a canary ended."""
    from delivery.stack.history import CANARY_KEY, RECENT

    updates = islice(pulumi.history(), RECENT)
    steps = (each for each in updates if CANARY_KEY in each.config and each.result == "succeeded")
    return next((each.end_time or each.start_time for each in steps), None)
