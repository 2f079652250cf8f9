"""The rulesets of the repository on GitHub: ours as they should be, with what others added to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from pydantic import ConfigDict, Field

from delivery.github.answers import Answer, Text
from delivery.github.client import GitHubRepository
from delivery.github.errors import GitHubError
from delivery.github.host import SERVER
from delivery.github.settings_answers import Identity, RulesetEntry
from delivery.github.setup_step import FALL_BACK, Step

ACTIONS_APP = "github-actions"
ACTIONS_ID = 15368  # of the app on github.com; every Enterprise host has one of its own
CHECKS, QUEUE = "required_status_checks", "merge_queue"
OURS = {"creation", "update", "deletion"}  # rules of tags that stand in one of our rulesets, and so in no other


class Ruleset(Answer):
    """A ruleset as GitHub has it; its rules are of too many kinds to name them."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: int
    name: Text = ""
    enforcement: Text = ""
    bypass_actors: list[dict[str, Any]] = Field(default_factory=list)
    conditions: dict[str, Any] = Field(default_factory=dict)
    rules: list[dict[str, Any]] = Field(default_factory=list)


def find_actions_id(repository: GitHubRepository) -> int | None:
    """The id of the app GitHub Actions; None where an Enterprise host does not say."""
    if repository.server == SERVER:
        return ACTIONS_ID
    try:
        return repository.fetch(Identity, repository.rest.apps.get_by_slug, ACTIONS_APP).id
    except GitHubError as error:
        print(f"any app may set the required checks: {repository.server} does not name its Actions: {error.reason}")
        return None


def list_steps(repository: GitHubRepository, wanted: Sequence[dict[str, Any]]) -> Iterator[Step]:
    """What is to be done so that every ruleset is there and says at least what is wanted."""
    for ruleset in wanted:
        fall_back = FALL_BACK["queue" if ruleset["name"] == "Merge queue" else "rules"]
        entry = _find(repository, ruleset["name"])
        if entry is None:
            yield Step(f"make rules {ruleset['name']!r}", partial(_create, repository, ruleset), fall_back)
            continue
        present = repository.read(Ruleset, repository.rest.repos.get_repo_ruleset, entry.id)
        body = merge_rules(present, ruleset)
        if not covers(present.model_dump(), body):
            yield Step(
                f"change rules {ruleset['name']!r} back to what they should be{_describe(present, ruleset)}",
                partial(_update, repository, entry.id, body),
                fall_back,
            )


def merge_rules(present: Ruleset, wanted: dict[str, Any]) -> dict[str, Any]:
    """The wanted ruleset with further kinds of rules, further required checks and stricter values that it has."""
    rules = [_merge_rule(present, rule) for rule in wanted["rules"]]
    kinds = {rule["type"] for rule in rules} | (OURS if wanted["target"] == "tag" else set())
    return {**wanted, "rules": [*rules, *(rule for rule in present.rules if rule.get("type") not in kinds)]}


def _merge_rule(present: Ruleset, rule: dict[str, Any]) -> dict[str, Any]:
    current = next((each for each in present.rules if each.get("type") == rule["type"]), {}).get("parameters") or {}
    wanted = rule.get("parameters") or {}
    if rule["type"] == QUEUE:  # its figures are the team's to tune
        figures = {name: value for name, value in current.items() if isinstance(value, int)}
        return {**rule, "parameters": {**wanted, **figures}}
    parameters = {**current, **{name: _stricter(current.get(name), value) for name, value in wanted.items()}}
    if rule["type"] == CHECKS:
        names = {check["context"] for check in wanted[CHECKS]}
        others = [check for check in current.get(CHECKS) or [] if check.get("context") not in names]
        parameters[CHECKS] = [*wanted[CHECKS], *others]
    return {**rule, "parameters": parameters} if parameters else rule


def _stricter(current: Any, wanted: Any) -> Any:
    """A number of approvals that is higher, or a switch that is on, stays."""
    comparable = type(current) is type(wanted) and isinstance(wanted, bool | int)
    return max(current, wanted) if comparable else wanted


def _describe(present: Ruleset, wanted: dict[str, Any]) -> str:
    """What the change takes away."""
    wanted_actors = wanted["bypass_actors"]
    actors = [actor for actor in present.bypass_actors if not any(covers(actor, each) for each in wanted_actors)]
    gone = [f"bypass of {actor.get('actor_type')} {actor.get('actor_id')}" for actor in actors]
    refs = (present.conditions.get("ref_name") or {}).get("exclude") or []
    gone += [f"the exception of {ref}" for ref in refs]
    return f"; taken away: {', '.join(gone)}" if gone else ""


def _find(repository: GitHubRepository, name: str) -> RulesetEntry | None:
    # Without parents: an organization's ruleset may have the same name, and is not this repository's to change.
    call = repository.rest.repos.get_repo_rulesets
    entries = repository.pages(RulesetEntry, call, includes_parents=False)
    return next((entry for entry in entries if entry.name == name), None)


def _create(repository: GitHubRepository, ruleset: dict[str, Any]) -> None:
    find = partial(_find, repository, ruleset["name"])
    repository.create(RulesetEntry, find, repository.rest.repos.create_repo_ruleset, data=ruleset)


def _update(repository: GitHubRepository, identity: int, ruleset: dict[str, Any]) -> None:
    call = repository.rest.repos.update_repo_ruleset
    repository.send(call, repository.owner, repository.name, identity, data=ruleset)


def covers(present: Any, wanted: Any) -> bool:
    """Whether what GitHub has says at least what is wanted: it adds keys of its own."""
    if isinstance(wanted, dict):
        return isinstance(present, dict) and all(
            key in present and covers(present[key], wanted[key]) for key in wanted
        )
    if isinstance(wanted, list):
        return (
            isinstance(present, list)
            and len(present) == len(wanted)
            and all(any(covers(entry, one) for entry in present) for one in wanted)
        )
    return bool(present == wanted)
