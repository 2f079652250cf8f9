"""Deploy a release so that it either works or the last good release runs again.

A release is deployed by its own program, charts and stack file: a rollback brings back all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from delivery.images import release_images
from delivery.images.stack_registry import StackRegistry
from delivery.outcome import DeliveryError, MissingError, RefusedError, RolledBackError
from delivery.stack.commits import is_older
from delivery.stack.history import RETURN, version_of
from delivery.stack.pulumi_stack import LockedError, Outputs, PulumiStack
from delivery.stack.settle import settle
from infra.config.schema import NO_IMAGES

Verify = Callable[[Outputs], None]


def _accept(_release: str, _live: Outputs | None) -> None:
    """Every release can be verified."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One stack, and how it is verified.

    Attributes:
        refuse: called before anything is changed, with the release and what runs; raises RefusedError or MissingError
            when the release could not be verified.
        free: called when the stack is locked; returns whether it may be tried again.
    """

    stack: PulumiStack
    verify: Verify
    refuse: Callable[[str, Outputs | None], None] = _accept
    free: Callable[[], bool] = lambda: False
    say: Callable[[str], None] = print

    def deploy(self, release: str, *, why: str = "deploy", built: bool = False) -> Outputs | None:
        """Deploy and verify a release; None when a newer one runs already, and nothing is done.

        Args:
            release: its commit, whole.
            why: `deploy` or `promote`: for the history.
            built: whether every image exists, so none is to be built.

        Raises:
            RefusedError: as for `prepare`.
            RolledBackError, DeliveryError: as for `update`.
        """
        live = self.stack.outputs()
        if live and is_older(release, live.release, self.stack.checkout):
            self.say(
                f"{self._named(live.release)} runs on {self.stack.name}: {release[:12]} is older and steps aside"
            )
            return None
        self.prepare(release, live)
        return self.update(release, live, why=why, built=built)

    def prepare(self, release: str, live: Outputs | None) -> None:
        """Check that the release can be verified, and settle what a killed update left pending.

        Raises:
            RefusedError: the release could not be verified, or a person has to look at a pending operation. Nothing
                was changed.
            MissingError: the release's stack file cannot be read, or what verifies it is missing here.
            DeliveryError: a pending operation cannot be cleared.
        """
        self.refuse(release, live)
        self._unlocked(lambda: settle(self.stack, self.say))

    def create_registry(self, release: str) -> None:
        """Have a stack that runs nothing yet make its registry and nothing else, as images come before services.

        Raises:
            RefusedError: it has more than that, or its registry is another stack's.
            LockedError, PulumiError: it failed.
        """
        if not StackRegistry.of(self.stack.name, self.stack.configuration(release)).owned:
            raise RefusedError(
                f"the registry of {self.stack.name} does not exist, and its stack file says `owned: false`: "
                "deploy the stack that owns it first"
            )
        if self.stack.outputs() is not None:
            raise RefusedError(
                f"the registry of {self.stack.name} does not exist, and the stack runs a release: it was deleted; "
                "docs/runbook.md, 'Lost registry'"
            )
        self.say(f"{self.stack.name} has no registry yet: it is made first")
        with self.stack.at(release) as stack:
            self._unlocked(lambda: stack.up(release, "create the registry", images=NO_IMAGES))

    def update(self, release: str, live: Outputs | None, *, why: str, built: bool = False) -> Outputs:
        """Update the stack to a release and verify it; `live` runs again if that fails.

        Raises:
            RolledBackError: the release failed, and `live` runs again, verified.
            DeliveryError: it failed, and there is none to return to, or that failed as well.
        """
        choice = "registry" if built else release_images.choice(self.stack, release)
        try:
            return self._apply(release, why, choice)
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

    def _apply(self, release: str, why: str, choice: str, stack: PulumiStack | None = None) -> Outputs:
        message = f"{why} {self._named(release)}"
        with (stack or self.stack).at(release) as there:
            self._unlocked(lambda: there.up(release, message, images=choice))
        outputs = self.stack.outputs()
        if outputs is None or outputs.release != release:
            runs = outputs.release if outputs else "nothing"
            raise DeliveryError(f"{self.stack.name} reports that it runs {runs}, and {release} was deployed")
        self.verify(outputs)
        return outputs

    def _unlocked(self, act: Callable[[], None]) -> None:
        """Do what needs the stack's lock; once more if a dead run held it."""
        try:
            act()
        except LockedError:
            if not self.free():
                raise
            act()

    def _return(self, release: str, failure: DeliveryError) -> None:
        self.say(f"returning {self.stack.name} to {self._named(release)}")
        try:
            release_images.manifests(self.stack, release)
            self._apply(release, RETURN, "registry", self.stack.with_live_minor())
        except DeliveryError as second:
            raise DeliveryError(
                f"{failure}\nand the return to {self._named(release)} failed too: {second}\n"
                f"{self.stack.name} needs a person now: docs/runbook.md, 'Failed release'"
            ) from second

    def _named(self, release: str) -> str:
        version = version_of(release, self.stack.checkout)
        return f"{release[:12]} ({version})" if version else release[:12]
