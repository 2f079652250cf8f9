"""Going back to a release that ran before: by its commit, its version, or the one before."""

from __future__ import annotations

from delivery import images, workflow_run
from delivery.commits import commit
from delivery.deploy import Deployment
from delivery.history import Deployed, deployed, previous
from delivery.outcome import DeliveryError, RefusedError
from delivery.plan import plan_of
from delivery.preview_summary import summary
from delivery.pulumi_stack import Outputs, PulumiStack

PREVIOUS = "previous"
NAMED = 5  # releases that an error lists


def chosen(stack: PulumiStack, to: str) -> Deployed:
    """The release to go back to, from `pulumi stack history`.

    Args:
        to: `previous`, a version, or a commit, which may be shortened.

    Raises:
        RefusedError: it never ran well on this stack, or runs there now.
    """
    live = stack.outputs()
    if live is None:
        raise RefusedError(f"{stack.name} runs nothing: there is nothing to roll back")
    ran = [release for release in deployed(stack.history(), stack.checkout) if release.succeeded]
    if to == PREVIOUS:
        if (found := previous(ran, live.release)) is None:
            raise RefusedError(f"the history of {stack.name} has no other release than {live.release[:12]}")
        return found
    sha = commit(to, stack.checkout)
    if sha == live.release:
        raise RefusedError(f"{stack.name} runs {to} already")
    if (match := next((release for release in ran if release.sha == sha), None)) is None:
        known = list(dict.fromkeys(release.version or release.sha[:12] for release in ran))[:NAMED]
        raise RefusedError(f"{to} never ran well on {stack.name}; these did: {', '.join(known) or 'none'}")
    return match


def roll_back(deployment: Deployment, target: Deployed, *, dangers: bool = False) -> Outputs:
    """Have the stack run an older release again, by its own program, without a build.

    Args:
        dangers: whether what holds data may be replaced or deleted on the way: what the release does not declare yet.

    Raises:
        RefusedError: an image of it is gone, or what holds data would be.
        DeliveryError, RolledBackError: see `Deployment.put`.
    """
    stack = deployment.stack
    images.manifests(stack, target.sha)
    with stack.at(target.sha) as there:
        plan = plan_of(there.preview(target.sha, images="registry"))
    workflow_run.summarize(summary(plan, stack.name, target.version or target.sha[:12], None))
    if plan.errors:
        raise DeliveryError("the preview of the way back failed: " + plan.errors[0])
    if not dangers and (protected := [step for step in plan.steps if step.protected]):
        lost = ", ".join(f"{step.kind} {step.name}" for step in protected)
        raise RefusedError(f"going back to {target.sha[:12]} would {lost}; if that is meant: --accept-dangers")
    outputs = deployment.put(target.sha, why="roll back to", older_too=True, built=True)
    if outputs is None:  # an older release never steps aside when that is what was asked for
        raise AssertionError
    return outputs
