"""Update a stack so that its release either works or the last good release runs again.

The code here is that of the checkout that the command runs in; in the workflows, main's. Pulumi runs the release's
own program, with its own packages, charts and stack file: a rollback brings back all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from delivery.canary import CanaryStep, plan_canary
from delivery.change import REGISTRY, Change, NotStartedError, OvertakenError
from delivery.images import release_images
from delivery.outcome import DeliveryError, MissingError, RefusedError, RolledBackError
from delivery.recorded_images import check_digests, refuse_moved_tags
from delivery.stack.history import AUTOMATIC, PERSON, REPLACED_KEY, ROLLBACK_KEY, Rollback, find_version
from delivery.stack.hold import hold, refuse_restricted
from delivery.stack.outputs import Outputs
from delivery.stack.pulumi_stack import PulumiStack
from delivery.stack.unstick import run_unlocked

Verify = Callable[[Outputs], None]
# What ends an update before it changes anything: the release may be good.
NOTHING_CHANGED = (RefusedError, MissingError, NotStartedError)


def _approve(_outputs: Outputs) -> None:
    """Every release that is verified is good."""


@dataclass(frozen=True, kw_only=True)
class StackUpdate:
    """One stack, and how an update of it is verified.

    Attributes:
        takes_canary: called with what runs; returns whether a canary would get requests now.
        judge_canary: called after each step of a release's canary; raises DeliveryError as `judge` does.
        judge: called after `verify`, and not for the release that an automatic rollback brings back; raises
            DeliveryError when users are answered badly.
        unlock: called when the stack is locked; returns whether it may be tried again.
        automatic: whether no person named the release: a hold of the stack then refuses it.
        holds: whether a rollback by a person holds the stack: the local one has no automatic deploys.
    """

    stack: PulumiStack
    verify: Verify
    judge: Verify = _approve
    takes_canary: Callable[[Outputs], bool] = lambda _: True
    judge_canary: Callable[[CanaryStep], None] = lambda _: None
    unlock: Callable[[], bool] = lambda: False
    say: Callable[[str], None] = print
    automatic: bool = False
    holds: bool = True

    def update(self, change: Change, live: Outputs | None) -> Outputs:
        """Update the stack to a release and verify it; `live` runs again if that fails.

        Raises:
            RefusedError, MissingError, NotStartedError: nothing was begun.
            RolledBackError: the release failed, and `live` runs again, verified.
            DeliveryError: it failed, and there is none to roll back to, or that failed as well.
        """
        steps = self._plan_canary(change, live)
        canary: CanaryStep | None = None  # the last step that is out
        try:
            for step in steps:
                self._start(self.stack, change, live, step)
                canary = step
                self.judge_canary(step)
            self._start(self.stack, change, live)
        except OvertakenError:
            raise  # another update has removed the canary, as it declares none
        except Exception as failure:  # noqa: BLE001 - with a canary out, whatever it is, its requests go back
            self._stop(change, live, canary, failure)
        try:
            outputs = self._check(change)
            self.judge(outputs)
        except Exception as failure:  # noqa: BLE001 - the stack was changed: whatever it is, the last release returns
            self._recover(change, live, failure)
        return outputs

    def describe(self, release: str) -> str:
        """A release by its first characters, and its version where it has one."""
        version = find_version(release, self.stack.checkout)
        return f"{release[:12]} ({version})" if version else release[:12]

    def _plan_canary(self, change: Change, live: Outputs | None) -> list[CanaryStep]:
        if live is None or change.rollback is not None or not self.takes_canary(live):
            return []
        return plan_canary(self.stack, change.release, live)

    def _start(
        self, stack: PulumiStack, change: Change, live: Outputs | None, canary: CanaryStep | None = None
    ) -> None:
        """Run the update; its record says what it replaces, and what it rolls back from.

        Args:
            canary: the step that it makes; None: it makes the whole stack run the release.
        """
        records: dict[str, Any] = {}
        if live is not None:
            records[REPLACED_KEY] = {"release": live.release, "digests": live.digests}
        if change.rollback is not None:
            records[ROLLBACK_KEY] = change.rollback.model_dump(by_alias=True)
        message = f"{change.why} {self.describe(change.release)}"
        with stack.check_out(change.release) as checkout:

            def act() -> None:
                self._check_again(change, live)
                if canary is None:
                    checkout.up(change.release, message, images=change.images, records=records)
                    return
                self.say(canary.describe())
                title, percents = f"{message}: {canary.describe()}", canary.percents
                checkout.up(change.release, title, images=change.images, canary=percents, targets=canary.targets)

            self.run_unlocked(act)

    def _check_again(self, change: Change, live: Outputs | None) -> None:
        """Right before an update, check what others may have changed since the deploy began."""
        try:
            self._refuse_other(change, live)
            self._apply_hold(change)
        except (RefusedError, MissingError):
            raise
        except DeliveryError as error:
            raise NotStartedError(
                f"{self.stack.name} could not be asked right before its update, and nothing was changed: {error}"
            ) from error

    def _refuse_other(self, change: Change, live: Outputs | None) -> None:
        """Refuse when another update was faster: the stack runs something else than what this one was judged by.

        An automatic rollback follows an update of its own, whatever that left.
        """
        if change.rollback is not None and change.rollback.by != PERSON:
            return
        now, before = self.stack.outputs(), live.release if live else None
        if (now.release if now else None) != before:
            raise OvertakenError(
                f"{self.stack.name} runs {self.describe(now.release) if now else 'nothing'} now, and ran "
                f"{self.describe(before) if before else 'nothing'} when this began: start it again"
            )

    def _apply_hold(self, change: Change) -> None:
        """Refuse a deploy when the stack was held or frozen meanwhile; a person's rollback holds it."""
        if change.rollback is None:
            refuse_restricted(self.stack, automatic=self.automatic)
        elif change.rollback.by == PERSON and self.holds:
            hold(self.stack, change.rollback.from_release, change.release)

    def _check(self, change: Change) -> Outputs:
        outputs = self.stack.outputs()
        if outputs is None or outputs.release != change.release:
            runs = outputs.release if outputs else "nothing"
            raise DeliveryError(f"{self.stack.name} reports that it runs {runs}, and {change.release} was deployed")
        check_digests(outputs, change.digests)
        self.verify(outputs)
        return outputs

    def run_unlocked(self, act: Callable[[], None]) -> None:
        """Do what needs the stack's lock; once more if a dead run held it."""
        run_unlocked(act, self.unlock)

    def _stop(self, change: Change, live: Outputs | None, canary: CanaryStep | None, failure: Exception) -> NoReturn:
        """After a failure of the update: end its canary, and roll back, unless nothing of the release began."""
        refused = isinstance(failure, NOTHING_CHANGED)
        if canary is None and (refused or not isinstance(failure, DeliveryError)):
            raise failure
        if canary is not None and live is not None:
            self._end_canary(canary, live, failure)
        if refused:  # by a hold, a lock or a backend that did not answer
            raise failure
        self._recover(change, live, failure)

    def _end_canary(self, canary: CanaryStep, live: Outputs, failure: Exception) -> None:
        """Remove a canary by an update that touches nothing else: it needs no image, and no hold keeps it back.

        Raises:
            DeliveryError: it could not be removed, and no rollback follows that would remove it.
        """
        self.say(f"ending the canary of {', '.join(canary.percents)} on {self.stack.name}")
        try:
            with self.stack.check_out(live.release) as checkout:
                message = f"end the canary beside {self.describe(live.release)}"
                self.run_unlocked(lambda: checkout.up(live.release, message, images=REGISTRY, targets=canary.targets))
        except Exception as second:
            text = f"the canary could not be ended, and keeps its requests until the stack's next update: {second}"
            if isinstance(failure, NOTHING_CHANGED):
                raise DeliveryError(f"{failure}\nand {text}; docs/runbook.md, 'Canary left running'") from second
            self.say(f"warning: {text}")

    def _recover(self, change: Change, live: Outputs | None, failure: Exception) -> NoReturn:
        """Roll back after a failure, where there is something to roll back to."""
        text = (
            str(failure) if isinstance(failure, DeliveryError) else f"unexpected {type(failure).__name__}: {failure}"
        )
        self.say(f"{change.release[:12]} failed on {self.stack.name}: {text}")
        if live is None or live.release == change.release:
            if isinstance(failure, DeliveryError) and not isinstance(failure, RefusedError | MissingError):
                raise failure
            raise DeliveryError(text) from failure  # their status would say that nothing was changed
        self._roll_back(change.release, live, text)
        raise RolledBackError(
            f"{self.describe(change.release)} failed on {self.stack.name}, "
            f"and {self.describe(live.release)} runs again: {text}"
        ) from failure

    def _roll_back(self, failed: str, live: Outputs, failure: str) -> None:
        """Have the release run again that ran before, with the images that it ran with."""
        self.say(f"rolling {self.stack.name} back to {self.describe(live.release)}")
        change = Change(
            release=live.release,
            why="roll back automatically to",
            images=REGISTRY,
            rollback=Rollback(from_release=failed, by=AUTOMATIC),
            digests=live.digests,
        )
        try:
            refuse_moved_tags(live.release, release_images.manifests(self.stack, live.release), live.digests)
            self._start(self.stack.keep_cluster_minor(), change, None)
            self._check(change)
        except Exception as second:
            raise DeliveryError(
                f"{failure}\nand the rollback to {self.describe(live.release)} failed too: {second}\n"
                f"{self.stack.name} needs a person now: docs/runbook.md, 'Failed release'"
            ) from second
