"""Putting a release on a stack so that it either does its work there or the last good one does again.

A release is put there by its own program, charts and stack file: going back takes all of them back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from delivery import images
from delivery.commits import is_older
from delivery.history import RETURN, version_of
from delivery.outcome import DeliveryError, MissingError, RefusedError, RolledBackError
from delivery.pulumi_stack import LockedError, Outputs, PulumiStack

Verify = Callable[[Outputs], None]


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One stack, and how it is verified.

    Attributes:
        free: called when the stack is locked; returns whether it may be tried again.
    """

    stack: PulumiStack
    verify: Verify
    free: Callable[[], bool] = lambda: False
    say: Callable[[str], None] = print

    def put(self, release: str, *, why: str, older_too: bool = False, built: bool = False) -> Outputs | None:
        """Have the stack run a release, verified; None when a newer one runs already, and this one steps aside.

        Args:
            release: its commit, whole.
            why: `deploy`, `promote`, `roll back`: for the history.
            older_too: whether to go back behind what runs.
            built: whether every image exists, so none is to be built.

        Raises:
            RolledBackError: the release failed, and the one before runs again, verified.
            DeliveryError: it failed, and there is none to return to, or that failed as well.
        """
        live = self.stack.outputs()
        if live and not older_too and is_older(release, live.release, self.stack.checkout):
            self.say(
                f"{self._named(live.release)} runs on {self.stack.name}: {release[:12]} is older and steps aside"
            )
            return None
        try:
            return self._apply(release, why, built=built)
        except (RefusedError, MissingError):
            raise  # nothing was begun
        except DeliveryError as failure:
            self.say(f"{release[:12]} failed on {self.stack.name}: {failure}")
            if live is None or live.release == release:
                raise
            self._return(live.release, failure)
            raise RolledBackError(
                f"{self._named(release)} failed on {self.stack.name}, "
                f"and {self._named(live.release)} runs again: {failure}"
            ) from failure

    def _apply(self, release: str, why: str, *, built: bool) -> Outputs:
        message = f"{why} {self._named(release)}"
        choice = "registry" if built else images.choice(self.stack, release)
        with self.stack.at(release) as stack:
            try:
                stack.up(release, message, images=choice)
            except LockedError:
                if not self.free():
                    raise
                stack.up(release, message, images=choice)
        outputs = self.stack.outputs()
        if outputs is None or outputs.release != release:
            runs = outputs.release if outputs else "nothing"
            raise DeliveryError(f"{self.stack.name} says that it runs {runs}, and {release} was put there")
        self.verify(outputs)
        return outputs

    def _return(self, release: str, failure: DeliveryError) -> None:
        self.say(f"returning {self.stack.name} to {self._named(release)}")
        try:
            images.manifests(self.stack, release)
            self._apply(release, RETURN, built=True)
        except DeliveryError as second:
            raise DeliveryError(
                f"{failure}\nand the return to {self._named(release)} failed too: {second}\n"
                f"{self.stack.name} needs a person now: docs/runbook.md, 'Failed release'"
            ) from second

    def _named(self, release: str) -> str:
        version = version_of(release, self.stack.checkout)
        return f"{release[:12]} ({version})" if version else release[:12]
