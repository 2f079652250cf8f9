"""Deploy a release: whether it may run on a stack, what has to be there before it, and its update."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from delivery.change import REGISTRY, Change
from delivery.images import release_images
from delivery.images.stack_registry import StackRegistry
from delivery.outcome import RefusedError
from delivery.release_order import refuse_rolled_back, refuse_unmerged
from delivery.stack.commits import is_older
from delivery.stack.hold import end_hold, refuse_restricted
from delivery.stack.outputs import Outputs
from delivery.stack.settle import settle
from delivery.update import StackUpdate
from infra.config.schema import NO_IMAGES


def _accept(_release: str, _live: Outputs | None) -> None:
    """Every release can be verified."""


@dataclass(frozen=True, kw_only=True)
class Deployment(StackUpdate):
    """One stack, which releases it takes, and how they are verified.

    Attributes:
        refuse: called before anything is changed, with the release and what runs; raises RefusedError or MissingError
            when the release could not be verified.
        allow_unmerged: whether a person wants a release that is part of no protected branch.
    """

    refuse: Callable[[str, Outputs | None], None] = _accept
    allow_unmerged: bool = False

    def deploy(self, release: str, *, why: str = "deploy", built: bool = False) -> Outputs | None:
        """Deploy and verify a release; None when a newer one runs already, and nothing is done.

        Args:
            release: its commit, whole.
            why: `deploy` or `promote`: for the history.
            built: whether every image exists, so none is to be built.

        Raises:
            HeldError: the stack is frozen, or held and the deploy automatic.
            RefusedError: the release is not the branch's, or was rolled back automatically; or as for `prepare`.
            RolledBackError, DeliveryError: as for `update`.
        """
        restrictions = refuse_restricted(self.stack, automatic=self.automatic)
        live = self.stack.outputs()
        if live and is_older(release, live.release, self.stack.checkout):
            self.say(
                f"{self.describe(live.release)} runs on {self.stack.name}: "
                f"{release[:12]} is older, and is not deployed"
            )
            return None
        refuse_unmerged(self.stack, release, live, automatic=self.automatic, allow=self.allow_unmerged)
        if self.automatic:
            refuse_rolled_back(self.stack, release)
        self.prepare(release, live)
        images = REGISTRY if built else release_images.choice(self.stack, release, first=live is None)
        outputs = self.update(Change(release=release, why=why, images=images), live)
        if restrictions.hold is not None:
            end_hold(self.stack, self.say)
        return outputs

    def prepare(self, release: str, live: Outputs | None) -> None:
        """Check that the release can be verified, and settle what a killed update left pending.

        Raises:
            RefusedError: the release could not be verified, or a person has to look at a pending operation. Nothing
                was changed.
            MissingError: the release's stack file cannot be read, or what verifies it is missing here.
            DeliveryError: a pending operation cannot be cleared.
        """
        self.refuse(release, live)
        self.run_unlocked(lambda: settle(self.stack, self.say))

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
        with self.stack.check_out(release) as stack:
            self.run_unlocked(lambda: stack.up(release, "create the registry", images=NO_IMAGES))
