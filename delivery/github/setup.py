"""Set the repository up on GitHub as `repository_settings` says: a dry run by default, and repeatable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from delivery.github import environments, rulesets
from delivery.github.answers import Branch
from delivery.github.branches import PRODUCTION_BRANCH, STAGING_BRANCH, Branches, read_branches
from delivery.github.client import GitHubRepository
from delivery.github.environments import MOST_REVIEWERS, NAMES_PAGE, Approver
from delivery.github.errors import GitHubError
from delivery.github.repository_settings import list_environments, list_rulesets
from delivery.github.settings_answers import Named, WorkflowPermissions
from delivery.github.setup_step import Step
from delivery.outcome import RefusedError


@dataclass(frozen=True, kw_only=True)
class SetupRequest:
    """How a repository should be set up.

    Attributes:
        reviewers: logins of people and `ORG/TEAM` of teams who approve production.
        staging_branch, production_branch: to set; None: as the repository's variables say.
        merge_queue: whether pull requests are merged by a queue.
        unneeded: names of secrets that this repository's stacks do without.
    """

    reviewers: tuple[str, ...]
    staging_branch: str | None = None
    production_branch: str | None = None
    merge_queue: bool = False
    unneeded: frozenset[str] = frozenset()


def list_steps(repository: GitHubRepository, request: SetupRequest) -> Iterator[Step]:
    """What is to be done, in order.

    Raises:
        RefusedError: no reviewer is named, more than GitHub takes, or one whom GitHub does not know.
        MissingError: a branch's name cannot be one.
    """
    approvers = [Approver(text) for text in dict.fromkeys(request.reviewers)]
    if not 1 <= len(approvers) <= MOST_REVIEWERS:
        raise RefusedError(
            f"name one to {MOST_REVIEWERS} reviewers of production: --reviewer LOGIN or ORG/TEAM, once for each"
        )
    for approver in approvers:
        approver.find(repository)  # before anything is changed
    variables = _read_variables(repository)
    branches = _choose_branches(request, variables)
    yield from _list_branch_steps(repository, request, variables, branches)
    wanted = list_environments(branches)
    for environment in wanted:
        yield from environments.list_steps(repository, environment, approvers if environment.reviewed else ())
    actions_id = rulesets.find_actions_id(repository)
    yield from rulesets.list_steps(repository, list_rulesets(branches, actions_id, merge_queue=request.merge_queue))
    yield from _list_default_steps(repository)
    for environment in wanted:
        yield from environments.list_missing_values(repository, environment, request.unneeded)


def _read_variables(repository: GitHubRepository) -> dict[str, str]:
    call = repository.rest.actions.list_repo_variables
    entries = repository.pages(Named, call, key="variables", per_page=NAMES_PAGE)
    return {entry.name.upper(): entry.value for entry in entries}


def _choose_branches(request: SetupRequest, variables: Mapping[str, str]) -> Branches:
    present = read_branches(variables)
    return Branches(request.staging_branch or present.staging, request.production_branch or present.production)


def _list_branch_steps(
    repository: GitHubRepository, request: SetupRequest, variables: Mapping[str, str], branches: Branches
) -> Iterator[Step]:
    for name, value in ((STAGING_BRANCH, request.staging_branch), (PRODUCTION_BRANCH, request.production_branch)):
        if value is not None and variables.get(name) != value:
            before = variables.get(name)
            title = f"set variable {name} of the repository to {value}" + (f"; it was {before}" if before else "")
            yield Step(title, partial(_set_variable, repository, name, value, is_present=before is not None))
    for branch in branches.names:
        if repository.find(Branch, repository.rest.repos.get_branch, branch) is None:
            advice = "push it, or name another: --staging-branch, --production-branch"
            yield Step(f"branch {branch} is not on GitHub: {advice}", None)


def _set_variable(repository: GitHubRepository, name: str, value: str, *, is_present: bool) -> None:
    actions, owner, repo = repository.rest.actions, repository.owner, repository.name
    if is_present:
        repository.send(actions.update_repo_variable, owner, repo, name, value=value)
        return
    try:
        repository.send(actions.create_repo_variable, owner, repo, name=name, value=value)
    except GitHubError:
        # After an answer that was lost the variable is there, and GitHub refuses to make it again.
        if _read_variables(repository).get(name) != value:
            raise


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
