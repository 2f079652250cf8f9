"""The environments of the repository on GitHub: who approves, which refs may use them, which secrets they lack."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from delivery.github.client import GitHubRepository
from delivery.github.errors import NOT_FOUND, GitHubError
from delivery.github.repository_settings import FORMER_REFS, Environment
from delivery.github.settings_answers import (
    DeploymentEnvironment,
    Identity,
    Named,
    ProtectionRule,
    RefPolicy,
    RequiredReviewer,
)
from delivery.github.setup_step import FALL_BACK, Step
from delivery.outcome import RefusedError

MOST_REVIEWERS = 6  # of an environment; one of them is enough
NAMES_PAGE = 30  # the most secrets and variables that one answer lists
APPROVER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)?")
CUSTOM = {"protected_branches": False, "custom_branch_policies": True}


@dataclass(frozen=True)
class Approver:
    """Who may approve: `LOGIN` of a person, or `ORG/TEAM`."""

    text: str

    def __post_init__(self) -> None:
        if not APPROVER.fullmatch(self.text):
            raise RefusedError(
                f"--reviewer {self.text!r}: write a login such as ada, or a team such as acme/operations"
            )

    @property
    def kind(self) -> str:
        return "Team" if "/" in self.text else "User"

    @property
    def key(self) -> tuple[str, str]:
        """What tells approvers apart; GitHub's names have no case."""
        return self.kind, self.text.rpartition("/")[2].lower()

    def find(self, repository: GitHubRepository) -> dict[str, Any]:
        """The approver as a request names them.

        Raises:
            RefusedError: a team of another organization, or nobody whom the token may see.
        """
        try:
            return self._ask(repository)
        except GitHubError as error:
            if error.code != NOT_FOUND:
                raise
            what = "person" if self.kind == "User" else "team, or the token may not see it (scope read:org)"
            raise RefusedError(f"--reviewer {self.text}: GitHub knows no such {what}") from error

    def _ask(self, repository: GitHubRepository) -> dict[str, Any]:
        if self.kind == "User":
            user = repository.fetch(Identity, repository.rest.users.get_by_username, self.text)
            return {"type": "User", "id": user.id}
        organization, _, team = self.text.partition("/")
        if organization.lower() != repository.owner.lower():
            raise RefusedError(f"--reviewer {self.text}: only a team of {repository.owner} can approve here")
        found = repository.fetch(Identity, repository.rest.teams.get_by_name, organization, team)
        return {"type": "Team", "id": found.id}


@dataclass(frozen=True)
class Present:
    """What guards an environment now.

    Attributes:
        reviewers: by what tells approvers apart.
        custom: names of the rules of other apps; a request about the environment leaves them alone.
    """

    environment: DeploymentEnvironment

    @property
    def _rules(self) -> dict[str, ProtectionRule]:
        return {rule.type: rule for rule in self.environment.protection_rules}

    @property
    def reviewers(self) -> dict[tuple[str, str], RequiredReviewer]:
        rule = self._rules.get("required_reviewers")
        entries = rule.reviewers if rule else []
        return {(entry.type, (entry.reviewer.login or entry.reviewer.slug).lower()): entry for entry in entries}

    @property
    def prevents_self_review(self) -> bool:
        rule = self._rules.get("required_reviewers")
        return rule is not None and rule.prevent_self_review

    @property
    def wait_minutes(self) -> int:
        rule = self._rules.get("wait_timer")
        return rule.wait_timer if rule else 0

    @property
    def custom(self) -> list[str]:
        return sorted(set(self._rules) - {"required_reviewers", "wait_timer", "branch_policy"})

    @property
    def policy(self) -> dict[str, bool] | None:
        policy = self.environment.deployment_branch_policy
        return None if policy is None else policy.model_dump()


def list_steps(repository: GitHubRepository, wanted: Environment, approvers: Sequence[Approver]) -> Iterator[Step]:
    """What is to be done so that an environment is as wanted; what guards it besides stays.

    Args:
        approvers: of this environment; empty where nobody has to approve.

    Raises:
        RefusedError: it has so many reviewers of its own that ours do not fit.
    """
    found = repository.find(DeploymentEnvironment, repository.rest.repos.get_environment, wanted.name)
    present = Present(found or DeploymentEnvironment())
    missing = [approver for approver in approvers if approver.key not in present.reviewers]
    others = {key: entry for key, entry in present.reviewers.items() if key not in {each.key for each in approvers}}
    if len(others) + len(approvers) > MOST_REVIEWERS:
        raise RefusedError(
            f"environment {wanted.name} has {len(others)} other reviewers, and GitHub takes {MOST_REVIEWERS} in all: "
            f"remove some at {repository.url}/settings/environments"
        )
    alone = bool(approvers) and not wanted.self_review
    policy = CUSTOM if wanted.refs else present.policy
    if found is None or missing or (alone and not present.prevents_self_review) or present.policy != policy:
        yield Step(
            _describe(wanted, approvers, None if found is None else present, others),
            partial(_put, repository, wanted, approvers, present, policy),
            FALL_BACK["preview reviewers" if wanted.self_review else "reviewers"],
            apply_less=partial(_put, repository, wanted, (), present, policy),
        )
    if alone and found is not None and found.can_admins_bypass is not False:
        page = f"{repository.url}/settings/environments"
        yield Step(f"switch off 'Allow administrators to bypass' for environment {wanted.name}: {page}", None)
    if wanted.refs:
        yield from _list_ref_steps(repository, wanted, is_present=found is not None and present.policy == CUSTOM)


def _describe(
    wanted: Environment,
    approvers: Sequence[Approver],
    present: Present | None,
    others: dict[tuple[str, str], RequiredReviewer],
) -> str:
    title = f"{'change' if present else 'make'} environment {wanted.name}"
    if approvers:
        title += f", approved by {', '.join(approver.text for approver in approvers)}"
        title += "" if wanted.self_review else " and not by who started it"
    if present is None:
        return title
    stays = [f"{kind.lower()} {name} approves" for kind, name in others]
    stays += [f"a wait of {present.wait_minutes} minutes"] if present.wait_minutes else []
    stays += [f"rule {name}" for name in present.custom]
    title += f"; stays: {', '.join(stays)}" if stays else ""
    if wanted.refs and present.policy is not None and present.policy != CUSTOM:
        title += "; taken away: 'protected branches only', for a list of branches"
    return title


def _put(
    repository: GitHubRepository,
    wanted: Environment,
    approvers: Sequence[Approver],
    present: Present,
    policy: dict[str, bool] | None,
) -> None:
    """Set the environment. GitHub takes away what a request leaves out, so everything that was there is in it."""
    entries = {approver.key: approver.find(repository) for approver in approvers}
    for key, entry in present.reviewers.items():
        entries.setdefault(key, {"type": entry.type, "id": entry.reviewer.id})
    body: dict[str, Any] = {"deployment_branch_policy": policy, "wait_timer": present.wait_minutes}
    if entries:
        alone = present.prevents_self_review or (bool(approvers) and not wanted.self_review)
        body |= {"reviewers": list(entries.values()), "prevent_self_review": alone}
    call = repository.rest.repos.create_or_update_environment
    repository.send(call, repository.owner, repository.name, wanted.name, data=body)


def _list_ref_steps(repository: GitHubRepository, wanted: Environment, *, is_present: bool) -> Iterator[Step]:
    policies = _list_policies(repository, wanted.name) if is_present else {}
    for kind, pattern in wanted.refs:
        if (kind, pattern) not in policies:
            yield Step(
                f"let {kind} {pattern} use environment {wanted.name}",
                partial(_add_ref, repository, wanted.name, kind, pattern),
                FALL_BACK["refs"],
                depends_on=f"environment {wanted.name}",
            )
    for kind, pattern in FORMER_REFS.get(wanted.name, ()):
        if policy := policies.get((kind, pattern)):
            call = repository.rest.repos.delete_deployment_branch_policy
            yield Step(
                f"let {kind} {pattern} no longer use environment {wanted.name}",
                partial(repository.send, call, repository.owner, repository.name, wanted.name, policy.id),
            )


def _add_ref(repository: GitHubRepository, environment: str, kind: str, pattern: str) -> None:
    repository.create(
        RefPolicy,
        lambda: _list_policies(repository, environment).get((kind, pattern)),
        repository.rest.repos.create_deployment_branch_policy,
        environment,
        data={"name": pattern, "type": kind},
    )


def _list_policies(repository: GitHubRepository, environment: str) -> dict[tuple[str, str], RefPolicy]:
    call = repository.rest.repos.list_deployment_branch_policies
    policies = repository.pages(RefPolicy, call, environment, key="branch_policies")
    return {(policy.type, policy.name): policy for policy in policies}


def list_missing_values(
    repository: GitHubRepository, wanted: Environment, unneeded: Collection[str]
) -> Iterator[Step]:
    """Secrets and variables that are a person's to give: only whether they are there is asked."""
    actions = repository.rest.actions
    find = repository.rest.repos.get_environment
    is_present = repository.find(DeploymentEnvironment, find, wanted.name) is not None
    for kind, names, call in (
        ("secret", wanted.secrets, actions.list_environment_secrets),
        ("variable", wanted.variables, actions.list_environment_variables),
    ):
        present: set[str] = set()
        if is_present and names:
            entries = repository.pages(Named, call, wanted.name, key=f"{kind}s", per_page=NAMES_PAGE)
            present = {entry.name for entry in entries}
        for name in names:
            if name not in present and name not in unneeded:
                command = f"gh {kind} set {name} --env {wanted.name} --repo {repository.slug}"
                yield Step(f"set {kind} {name} of environment {wanted.name}: `{command}`", None)
