"""Run a release again that ran before."""

from __future__ import annotations

from dataclasses import dataclass, replace

from delivery.change import REGISTRY, Change, NotStartedError
from delivery.deploy import Deployment
from delivery.github import workflow_run
from delivery.images import release_images
from delivery.outcome import DeliveryError, MissingError, RefusedError
from delivery.provenance import signatures
from delivery.rollback_candidates import Candidate
from delivery.stack.history import PERSON, Rollback
from delivery.stack.hold import restore_hold
from delivery.stack.outputs import Outputs
from delivery.stack.plan import parse_plan
from delivery.stack.preview_summary import summary
from delivery.stack.pulumi_stack import PulumiStack
from delivery.stack.restrictions import HOLD_TAG


@dataclass(frozen=True, kw_only=True)
class PersonRollback:
    """A rollback that a person asks for.

    Attributes:
        live: what runs now.
        allow_destructive: whether what holds data may be replaced or deleted: the release may not declare it yet.
        signed_by: `owner/name` of the repository whose deploy workflow must have signed the images; None: signatures
            are not verified.
    """

    deployment: Deployment
    candidate: Candidate
    live: Outputs
    allow_destructive: bool = False
    signed_by: str | None = None

    def run(self) -> Outputs:
        """Have the stack run the older release again, by its own program, without a build, and hold the stack.

        Raises:
            RefusedError: it could not be verified, an image of it is gone or is another one, or what holds data would
                be lost. Nothing was changed.
            RolledBackError, DeliveryError: see `Deployment.update`.
        """
        release = self.candidate.release.sha
        stack = self.deployment.stack.keep_cluster_minor()
        deployment = replace(self.deployment, stack=stack)
        if self.candidate.recorded is None:
            deployment.say(
                f"warning: the digests that {release[:12]} ran with are not recorded: its tags are trusted"
            )
        self._refuse_unsigned(stack, release)
        deployment.prepare(release, self.live)
        self._refuse_destructive(stack, release)
        change = Change(
            release=release,
            why="roll back to",
            images=REGISTRY,
            rollback=Rollback(from_release=self.live.release, by=PERSON),
            digests=self.candidate.digests,
        )
        hold = stack.tags().get(HOLD_TAG)
        try:
            return deployment.update(change, self.live)
        except (RefusedError, MissingError, NotStartedError):  # nothing was begun
            restore_hold(stack, hold)
            raise

    def _refuse_unsigned(self, stack: PulumiStack, release: str) -> None:
        if self.signed_by is None:
            return
        login = release_images.login(stack, release)
        references = release_images.references(stack, release)
        for name, digest in self.candidate.digests.items():
            signatures.refuse_unsigned(name, f"{references[name][0]}@{digest}", self.signed_by, login)

    def _refuse_destructive(self, stack: PulumiStack, release: str) -> None:
        with stack.check_out(release) as checkout:
            plan = parse_plan(checkout.preview(release, images=REGISTRY))
        name = self.candidate.release.version or release[:12]
        workflow_run.summarize(summary(plan, stack.name, name, None))
        if plan.errors:
            raise DeliveryError("the rollback preview failed: " + plan.errors[0])
        if not self.allow_destructive and (protected := [step for step in plan.steps if step.protected]):
            lost = ", ".join(f"{step.kind} {step.name}" for step in protected)
            raise RefusedError(
                f"the rollback to {release[:12]} would {lost}; if that is intended: --allow-destructive"
            )
