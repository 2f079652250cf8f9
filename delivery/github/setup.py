"""Set the repository up on GitHub as `repository_settings` says: a dry run by default, and repeatable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from delivery.github import environments, rulesets
from delivery.github.answers import Branch, RepositoryFacts
from delivery.github.branches import CI, Branches, read_branches
from delivery.github.client import GitHubRepository
from delivery.github.environments import MOST_REVIEWERS, Approver
from delivery.github.repository_settings import list_environments, list_rulesets
from delivery.github.settings_answers import WorkflowPermissions
from delivery.github.setup_step import Step
from delivery.outcome import RefusedError


@dataclass(frozen=True, kw_only=True)
class SetupRequest:
    """How a repository should be set up.

    Attributes:
        reviewers: logins of people and `ORG/TEAM` of teams who approve production.
        merge_queue: whether pull requests are merged by a queue.
        unneeded: names of secrets that this repository's stacks do without.
    """

    reviewers: tuple[str, ...]
    merge_queue: bool = False
    unneeded: frozenset[str] = frozenset()


def list_steps(repository: GitHubRepository, request: SetupRequest) -> Iterator[Step]:
    """What is to be done, in order.

    Raises:
        RefusedError: no reviewer is named, more than GitHub takes, or one whom GitHub does not know.
        MissingError: ci.yml does not name the branches that are deployed.
    """
    approvers = [Approver(text) for text in dict.fromkeys(request.reviewers)]
    if not 1 <= len(approvers) <= MOST_REVIEWERS:
        raise RefusedError(
            f"name one to {MOST_REVIEWERS} reviewers of production: --reviewer LOGIN or ORG/TEAM, once for each"
        )
    for approver in approvers:
        approver.find(repository)  # before anything is changed
    branches = read_branches()
    yield from _list_branch_steps(repository, branches)
    wanted = list_environments(branches)
    for environment in wanted:
        yield from environments.list_steps(repository, environment, approvers if environment.reviewed else ())
    actions_id = rulesets.find_actions_id(repository)
    yield from rulesets.list_steps(repository, list_rulesets(branches, actions_id, merge_queue=request.merge_queue))
    yield from _list_default_steps(repository)
    for environment in wanted:
        yield from environments.list_missing_values(repository, environment, request.unneeded)


def _list_branch_steps(repository: GitHubRepository, branches: Branches) -> Iterator[Step]:
    rest = repository.rest
    for branch in branches.names:
        if repository.find(Branch, rest.repos.get_branch, branch) is None:
            advice = f"push it, or name another under on.push.branches of {CI}"
            yield Step(f"branch {branch} is not on GitHub: {advice}", None)
    default = repository.read(RepositoryFacts, rest.repos.get).default_branch
    if default != branches.production:
        page = f"{repository.url}/settings"
        yield Step(
            f"make {branches.production} the default branch, whose workflows deploy; it is {default}: {page}", None
        )


def _list_default_steps(repository: GitHubRepository) -> Iterator[Step]:
    """What a workflow may do that says nothing of it: read."""
    actions, owner, name = repository.rest.actions, repository.owner, repository.name
    wanted = WorkflowPermissions(default_workflow_permissions="read", can_approve_pull_request_reviews=False)
    call = actions.get_github_actions_default_workflow_permissions_repository
    if repository.read(WorkflowPermissions, call) != wanted:
        yield Step(
            "let workflows only read by default, and approve nothing",
            lambda: repository.send(
                actions.set_github_actions_default_workflow_permissions_repository,
                owner,
                name,
                data=wanted.model_dump(),
            ),
        )
