"""Who approved a deploy: someone else than who asked for it.

GitHub's own rule keeps the person who started a run from approving it. It cannot know who pushed a version's tag: the
run that release.yml dispatches for it was started by GitHub's own bot.
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import AwareDatetime, RootModel

from delivery.github.answers import EPOCH, Answer, Text, User
from delivery.github.client import GitHubRepository
from delivery.github.settings_answers import DeploymentEnvironment
from delivery.outcome import RefusedError

BOT = "github-actions[bot]"
RELEASE = "release.yml"
DISPATCH = timedelta(minutes=30)  # between the push of a tag and the run that it started, with a queue for runners


class StartedRun(Answer):
    """Who started a run, and who ran it again."""

    run_attempt: int = 1
    created_at: AwareDatetime = EPOCH
    actor: User | None = None
    triggering_actor: User | None = None

    @property
    def people(self) -> list[User]:
        return [user for user in (self.actor, self.triggering_actor) if user is not None]

    @property
    def is_of_bot(self) -> bool:
        return {user.login for user in self.people} <= {BOT}


class Review(Answer):
    """What a person said when a run asked to use environments.

    Attributes:
        state: `approved` or `rejected`.
    """

    state: Text
    user: User
    environments: list[DeploymentEnvironment]


Reviews = RootModel[list[Review]]


def require_other_approver(
    repository: GitHubRepository, run: int, environment: str, version: str | None
) -> list[str]:
    """Return the logins of those who approved a run's use of an environment and did not ask for the deploy.

    Args:
        run: the id of the run that asks.
        version: the tag that is deployed; None: a commit without one.

    Raises:
        RefusedError: nobody approved it, only people who asked for it did, or it is not known who asked, or which
            attempt of a run that was run again was approved by whom.
    """
    started = repository.read(StartedRun, repository.rest.actions.get_workflow_run, run)
    requesters = _find_requesters(repository, started, version)
    if not requesters:
        raise RefusedError(
            f"run {run} was started by {BOT}, and no push of {version or 'a version tag'} is known to have asked for "
            "it; start `deploy` by hand"
        )
    approvers = _find_approvers(repository, run, environment)
    if not approvers:
        raise RefusedError(
            f"nobody approved the use of the environment {environment}: `slipway account setup-github` gives it "
            "reviewers; where the repository's plan has none, write "
            '`APPROVALS: "off"` under `env:` of .github/workflows/deploy.yml'
        )
    others, own = sorted(approvers - requesters), sorted(approvers & requesters)
    if not others:
        raise RefusedError(
            f"{', '.join(own)} approved the deploy and asked for it, too; someone else has to approve it"
        )
    if own and started.run_attempt > 1:  # GitHub lists the approvals of every attempt, and not whose is whose
        raise RefusedError(
            f"this is attempt {started.run_attempt} of the run, and {', '.join(own)}, who asked for it, approved an "
            "attempt: it is not known which; start a new run of `deploy`"
        )
    return others


def _find_requesters(repository: GitHubRepository, started: StartedRun, version: str | None) -> set[str]:
    """The people who started the run, or who pushed the version's tag."""
    pushes = []
    if version is not None:
        call = repository.rest.actions.list_workflow_runs
        pushes = list(repository.pages(StartedRun, call, RELEASE, key="workflow_runs", branch=version, event="push"))
    people = {user.login for each in [started, *pushes] for user in each.people}
    # A workflow of any branch can start deploy as the bot, too: a push of the tag does so at once.
    if started.is_of_bot and not any(abs(each.created_at - started.created_at) < DISPATCH for each in pushes):
        return set()
    return people - {"", BOT}


def _find_approvers(repository: GitHubRepository, run: int, environment: str) -> set[str]:
    reviews = repository.read(Reviews, repository.rest.actions.get_reviews_for_run, run).root
    return {
        review.user.login
        for review in reviews
        if review.state == "approved" and environment in {each.name for each in review.environments}
    } - {""}
