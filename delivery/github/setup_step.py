"""One thing to do so that the repository is set up, and what holds instead where its plan does not allow it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from delivery.github.errors import NOT_FOUND, GitHubError

PLAN_CODES = {402, 403, 422}
PLAN_WORDS = ("billing plan", "upgrade", "github pro", "github team", "not supported", "enterprise", "merge_queue")
FALL_BACK = {
    "reviewers": "the version tags' rule says who may release; only the pull request has a second pair of eyes",
    "preview reviewers": "leave the secrets of preview-prod unset: the rehearsal previews prod without any",
    "refs": "the workflow's own conditions are all that keeps other branches out: give the secrets to no one else",
    "rules": "nothing stops a push to the protected branches: watch the report of ci",
    "queue": "the required checks run on each pull request again when its base has changed",
}


@dataclass(frozen=True)
class Step:
    """One thing that is not as it should be.

    Attributes:
        apply: does it; None where only a person can.
        fall_back: what holds instead where the repository's plan does not allow it.
        apply_less: does what every plan allows of it.
        depends_on: what is not there where GitHub answers 404, because its plan did not allow it.
    """

    title: str
    apply: Callable[[], object] | None
    fall_back: str = ""
    apply_less: Callable[[], object] | None = None
    depends_on: str = ""


def run(step: Step) -> str:
    """Do a step; returns what became of it, as a sentence."""
    if step.apply is None:
        return f"for you: {step.title}"
    try:
        step.apply()
    except GitHubError as error:
        if step.depends_on and error.code == NOT_FOUND:
            return f"not done without {step.depends_on}: {step.title}; instead: {step.fall_back}"
        if not step.fall_back or not _is_of_plan(error):
            raise
        _apply_less(step)
        return f"not in this repository's plan: {step.title}; instead: {step.fall_back}"
    return f"done: {step.title}"


def _apply_less(step: Step) -> None:
    try:
        if step.apply_less is not None:
            step.apply_less()
    except GitHubError as error:
        if not _is_of_plan(error):
            raise


def _is_of_plan(error: GitHubError) -> bool:
    return error.code in PLAN_CODES and any(word in error.reason.lower() for word in PLAN_WORDS)
