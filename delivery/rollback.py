"""Going back to a release that ran before: by its commit, its version, or the one before."""

from __future__ import annotations

from delivery import images
from delivery.commits import commit
from delivery.deploy import Deployment
from delivery.history import Deployed, deployed, previous
from delivery.outcome import Refused
from delivery.pulumi_stack import Outputs, PulumiStack

PREVIOUS = "previous"
NAMED = 5  # releases that an error lists


def chosen(stack: PulumiStack, to: str) -> Deployed:
    """The release to go back to, from `pulumi stack history`.

    Args:
        to: `previous`, a version, or a commit, which may be shortened.

    Raises:
        Refused: it never ran well on this stack, or runs there now.
    """
    live = stack.outputs()
    if live is None:
        raise Refused(f"{stack.name} runs nothing: there is nothing to roll back")
    ran = [release for release in deployed(stack.history(), stack.checkout) if release.succeeded]
    if to == PREVIOUS:
        if (found := previous(ran, live.release)) is None:
            raise Refused(f"the history of {stack.name} has no other release than {live.release[:12]}")
        return found
    sha = commit(to, stack.checkout)
    if sha == live.release:
        raise Refused(f"{stack.name} runs {to} already")
    if (match := next((release for release in ran if release.sha == sha), None)) is None:
        known = list(dict.fromkeys(release.version or release.sha[:12] for release in ran))[:NAMED]
        raise Refused(f"{to} never ran well on {stack.name}; these did: {', '.join(known) or 'none'}")
    return match


def roll_back(deployment: Deployment, target: Deployed) -> Outputs:
    """Have the stack run an older release again, without a build.

    Raises:
        Refused: an image of it is gone.
        DeliveryError, Returned: see `Deployment.put`.
    """
    images.manifests(target.sha, deployment.stack.settings_file, deployment.stack.checkout)
    outputs = deployment.put(target.sha, why="roll back to", older_too=True, built=True)
    if outputs is None:  # an older release never steps aside when that is what was asked for
        raise AssertionError
    return outputs
