"""Set the repository up on GitHub as `repository_settings` says: a dry run by default, and repeatable."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from githubkit.exception import RequestFailed

from delivery.github.client import GitHubRepository
from delivery.github.repository_settings import ENVIRONMENTS, RULESETS, Environment
from delivery.outcome import RefusedError

PLAN_SAYS_NO = {402, 403, 422}
PLAN_WORDS = ("billing plan", "upgrade", "github pro", "github team", "not supported", "enterprise")
MOST_REVIEWERS = 6  # of an environment; one of them is enough
FALL_BACK = {
    "reviewers": "the version tags' rule says who may release; only the pull request has a second pair of eyes",
    "refs": "the workflow's own conditions are all that keeps other branches out: give the secrets to no one else",
    "rules": "nothing stops a push to main or develop: watch the report of ci",
}


@dataclass(frozen=True)
class Step:
    """One thing that is not as it should be.

    Attributes:
        apply: does it; None where only a person can.
        fall_back: what holds instead where the repository's plan does not allow it.
    """

    title: str
    apply: Callable[[], object] | None
    fall_back: str = ""


def steps(repository: GitHubRepository, reviewers: Sequence[str], unneeded: Collection[str] = ()) -> Iterator[Step]:
    """What is to be done, in order.

    Args:
        unneeded: names of secrets that this repository's stacks do without.

    Raises:
        RefusedError: no reviewer is named, or more than GitHub takes.
    """
    if not 1 <= len(reviewers) <= MOST_REVIEWERS:
        raise RefusedError(f"name one to {MOST_REVIEWERS} reviewers of production: --reviewer LOGIN, once for each")
    for environment in ENVIRONMENTS:
        yield from _environment(repository, environment, reviewers if environment.reviewed else ())
    yield from _rulesets(repository)
    yield from _defaults(repository)
    for environment in ENVIRONMENTS:
        yield from _values(repository, environment, unneeded)


def run(step: Step) -> str:
    """Do a step; returns what became of it, as a sentence."""
    if step.apply is None:
        return f"for you: {step.title}"
    try:
        step.apply()
    except RequestFailed as error:
        said = error.response.text.lower()
        if error.response.status_code in PLAN_SAYS_NO and any(word in said for word in PLAN_WORDS):
            return f"not in this repository's plan: {step.title}; instead: {step.fall_back}"
        raise
    return f"done: {step.title}"


def _environment(repository: GitHubRepository, wanted: Environment, reviewers: Sequence[str]) -> Iterator[Step]:
    rest, owner, name = repository.rest, repository.owner, repository.name
    reply = repository.found(rest.repos.get_environment, owner, name, wanted.name)
    present = None if reply is None else reply.json()
    policy = {"protected_branches": False, "custom_branch_policies": True} if wanted.refs else None
    rules = {rule["type"]: rule for rule in (present or {}).get("protection_rules", [])}
    asked = {
        entry["reviewer"].get("login", "").lower()
        for entry in rules.get("required_reviewers", {}).get("reviewers", [])
    }
    right = (
        present is not None
        and present.get("deployment_branch_policy") == policy
        and asked == {login.lower() for login in reviewers}
        and (not reviewers or rules["required_reviewers"].get("prevent_self_review") is True)
    )
    if not right:
        verb = "change" if present else "make"
        by = f", approved by {', '.join(reviewers)} and not by who started it" if reviewers else ""
        yield Step(
            f"{verb} environment {wanted.name}{by}",
            lambda: _put_environment(repository, wanted, reviewers, policy),
            FALL_BACK["reviewers"],
        )
    if reviewers and present is not None and present.get("can_admins_bypass") is not False:
        page = f"https://github.com/{repository.slug}/settings/environments"
        yield Step(f"switch off 'Allow administrators to bypass' for environment {wanted.name}: {page}", None)
    held = _refs(repository, wanted.name) if present and policy else set()
    for kind, pattern in wanted.refs:
        if (kind, pattern) not in held:
            yield Step(
                f"let {kind} {pattern} use environment {wanted.name}",
                lambda kind=kind, pattern=pattern: rest.repos.create_deployment_branch_policy(  # type: ignore[misc]
                    owner, name, wanted.name, data={"name": pattern, "type": kind}
                ),
                FALL_BACK["refs"],
            )


def _put_environment(
    repository: GitHubRepository, wanted: Environment, reviewers: Sequence[str], policy: dict[str, bool] | None
) -> None:
    rest = repository.rest
    people = [{"type": "User", "id": int(rest.users.get_by_username(login).json()["id"])} for login in reviewers]
    body: dict[str, Any] = {"deployment_branch_policy": policy}
    if people:
        body |= {"reviewers": people, "prevent_self_review": True}
    rest.repos.create_or_update_environment(repository.owner, repository.name, wanted.name, data=body)


def _refs(repository: GitHubRepository, environment: str) -> set[tuple[str, str]]:
    reply = repository.rest.repos.list_deployment_branch_policies(repository.owner, repository.name, environment)
    return {(policy.get("type", "branch"), policy["name"]) for policy in reply.json()["branch_policies"]}


def _rulesets(repository: GitHubRepository) -> Iterator[Step]:
    rest, owner, name = repository.rest, repository.owner, repository.name
    present = {ruleset["name"]: ruleset["id"] for ruleset in repository.pages(rest.repos.get_repo_rulesets)}
    for wanted in RULESETS:
        identity = present.get(str(wanted["name"]))
        if identity is None:
            yield Step(
                f"make rules {wanted['name']!r}",
                lambda wanted=wanted: rest.repos.create_repo_ruleset(owner, name, data=wanted),  # type: ignore[misc]
                FALL_BACK["rules"],
            )
            continue
        held = rest.repos.get_repo_ruleset(owner, name, identity).json()
        if not _covers(held, wanted):
            yield Step(
                f"change rules {wanted['name']!r} back to what they should be",
                lambda wanted=wanted, identity=identity: rest.repos.update_repo_ruleset(  # type: ignore[misc]
                    owner, name, identity, data=wanted
                ),
                FALL_BACK["rules"],
            )


def _defaults(repository: GitHubRepository) -> Iterator[Step]:
    """What a workflow may do that says nothing of it: read."""
    rest, owner, name = repository.rest, repository.owner, repository.name
    body = {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": False}
    held = rest.actions.get_github_actions_default_workflow_permissions_repository(owner, name).json()
    if not _covers(held, body):
        yield Step(
            "let workflows only read by default, and approve nothing",
            lambda: rest.actions.set_github_actions_default_workflow_permissions_repository(owner, name, data=body),
        )


def _values(repository: GitHubRepository, wanted: Environment, unneeded: Collection[str]) -> Iterator[Step]:
    """Secrets and variables are a person's to give: only whether they are there is asked."""
    rest, owner, name = repository.rest, repository.owner, repository.name
    for kind, names, call, key in (
        ("secret", wanted.secrets, rest.actions.list_environment_secrets, "secrets"),
        ("variable", wanted.variables, rest.actions.list_environment_variables, "variables"),
    ):
        reply = repository.found(call, owner, name, wanted.name, per_page=30)
        present = {entry["name"] for entry in reply.json()[key]} if reply is not None else set()
        for missing in names:
            if missing not in present and missing not in unneeded:
                command = f"gh {kind} set {missing} --env {wanted.name} --repo {repository.slug}"
                yield Step(f"set {kind} {missing} of environment {wanted.name}: `{command}`", None)


def _covers(held: Any, wanted: Any) -> bool:
    """Whether what GitHub holds says at least what is wanted: it adds keys of its own."""
    if isinstance(wanted, dict):
        return isinstance(held, dict) and all(key in held and _covers(held[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list):
        return (
            isinstance(held, list)
            and len(held) == len(wanted)
            and all(any(_covers(entry, one) for entry in held) for one in wanted)
        )
    return bool(held == wanted)
