"""Roll back to a release that ran before: by its commit, its version, or the previous one."""

from __future__ import annotations

from dataclasses import replace

from delivery.deploy import Deployment
from delivery.github import workflow_run
from delivery.images import release_images
from delivery.outcome import DeliveryError, RefusedError
from delivery.stack.commits import commit
from delivery.stack.history import Deployed, deployed, each_deployed, previous
from delivery.stack.plan import plan_of
from delivery.stack.preview_summary import summary
from delivery.stack.pulumi_stack import Outputs, PulumiStack

PREVIOUS = "previous"
NAMED = 5  # releases that an error lists


def chosen(stack: PulumiStack, to: str) -> Deployed:
    """The release to roll back to, from `pulumi stack history`.

    Args:
        to: `previous`, a version, or a commit, which may be shortened.

    Raises:
        RefusedError: it never ran well on this stack, or runs there now.
    """
    live = stack.outputs()
    if live is None:
        raise RefusedError(f"{stack.name} runs nothing: there is nothing to roll back")
    if to == PREVIOUS:
        if (found := previous(each_deployed(stack.history(), stack.checkout), live.release)) is None:
            raise RefusedError(f"the history of {stack.name} has no other release than {live.release[:12]}")
        return found
    sha = commit(to, stack.checkout)
    if sha == live.release:
        raise RefusedError(f"{stack.name} runs {to} already")
    ran = [release for release in deployed(stack.history(), stack.checkout) if release.succeeded]
    if (match := next((release for release in ran if release.sha == sha), None)) is None:
        known = list(dict.fromkeys(release.version or release.sha[:12] for release in ran))[:NAMED]
        raise RefusedError(f"{to} never ran well on {stack.name}; these did: {', '.join(known) or 'none'}")
    return match


def roll_back(deployment: Deployment, target: Deployed, *, allow_destructive: bool = False) -> Outputs:
    """Have the stack run an older release again, by its own program, without a build.

    Args:
        allow_destructive: whether what holds data may be replaced or deleted: the release may not declare it yet.

    Raises:
        RefusedError: it could not be verified, an image of it is gone, or what holds data would be lost.
        RolledBackError, DeliveryError: see `Deployment.update`.
    """
    stack = deployment.stack.with_live_minor()
    deployment = replace(deployment, stack=stack)
    live = stack.outputs()
    release_images.manifests(stack, target.sha)
    deployment.prepare(target.sha, live)
    with stack.at(target.sha) as there:
        plan = plan_of(there.preview(target.sha, images="registry"))
    workflow_run.summarize(summary(plan, stack.name, target.version or target.sha[:12], None))
    if plan.errors:
        raise DeliveryError("the rollback preview failed: " + plan.errors[0])
    if not allow_destructive and (protected := [step for step in plan.steps if step.protected]):
        lost = ", ".join(f"{step.kind} {step.name}" for step in protected)
        raise RefusedError(
            f"the rollback to {target.sha[:12]} would {lost}; if that is intended: --allow-destructive"
        )
    return deployment.update(target.sha, live, why="roll back to", built=True)
