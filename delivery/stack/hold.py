"""What keeps deploys from a stack: a hold after a rollback by a person, and a freeze. Both are tags of the stack.

A tag is read right before each update, and needs no update itself. Pulumi Cloud takes 256 characters of a value.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from delivery.github import workflow_run
from delivery.github.markdown import clip, escape, flatten
from delivery.outcome import DeliveryError, RefusedError
from delivery.stack.pulumi_cli import NoStackError, clip_first
from delivery.stack.pulumi_stack import PulumiStack
from delivery.stack.restrictions import (
    FREEZE_TAG,
    HOLD_TAG,
    Freeze,
    Hold,
    Restrictions,
    encode_mark,
    parse_restrictions,
)
from infra.source.git import GitError, git

LONGEST_NAME = 39  # of a login at GitHub
SHORT = 12


class HeldError(RefusedError):
    """A hold or a freeze keeps the deploy from the stack; nothing was changed."""


def read_restrictions(stack: PulumiStack) -> Restrictions:
    """What keeps deploys from the stack now.

    Raises:
        MissingError, PulumiError: the tags cannot be read.
    """
    return parse_restrictions(stack.tags())


def note_restrictions(stack: PulumiStack) -> list[str]:
    """What keeps deploys from the stack, as Markdown for a summary; a preview does not fail for it."""
    try:
        return [f"> ⏸️ {sentence}" for sentence in read_restrictions(stack).describe(stack.name, escape)]
    except DeliveryError as error:
        return [f"> ⏸️ Whether {stack.name} is held or frozen could not be read: {escape(clip_first(str(error)))}"]


def refuse_restricted(stack: PulumiStack, *, automatic: bool) -> Restrictions:
    """Refuse a deploy to a frozen stack, and an automatic one to a held stack; returns what there is, such as a hold
    that a person's deploy ends.

    Raises:
        HeldError: it is.
        MissingError, PulumiError: the tags cannot be read.
    """
    marks = read_restrictions(stack)
    if marks.freeze is not None:
        raise HeldError(marks.freeze.describe(stack.name))
    if marks.hold is not None and automatic:
        raise HeldError(marks.hold.describe(stack.name))
    return marks


def end_hold(stack: PulumiStack, say: Callable[[str], None]) -> None:
    """End the hold after a person deployed a release, which runs by then: what fails now is only a warning."""
    try:
        stack.remove_tag(HOLD_TAG)
        say(f"the hold of {stack.name} has ended, as a person deployed a named release")
    except DeliveryError as error:
        say(f"warning: {stack.name} is still held; end it with `slipway stack resume --stack {stack.name}`: {error}")


def restore_hold(stack: PulumiStack, value: str | None) -> None:
    """Have the hold be what it was before a rollback that did not begin.

    Args:
        value: of the tag; None where there was none.

    Raises:
        MissingError, PulumiError: the tag cannot be changed.
    """
    if value is None:
        stack.remove_tag(HOLD_TAG)
    else:
        stack.set_tag(HOLD_TAG, value)


def hold(stack: PulumiStack, from_release: str, to: str) -> None:
    """Hold the stack after a rollback by a person.

    Raises:
        MissingError, PulumiError: the tag cannot be set.
    """
    mark = Hold(from_release=from_release[:SHORT], to=to[:SHORT], by=find_person(), at=_now(), run=workflow_run.url())
    stack.set_tag(HOLD_TAG, encode_mark(mark))


def freeze(stack: PulumiStack, reason: str) -> Freeze:
    """Stop all deploys to the stack. One that is frozen already gets the new reason.

    Raises:
        RefusedError: no reason is given, or the stack was never created.
        MissingError, PulumiError: the tag cannot be set.
    """
    reason = flatten(reason)
    if not reason:
        raise RefusedError("the reason is empty: write why the stack is frozen, for those who want to deploy")
    value = encode_mark(Freeze(reason=reason, by=find_person(), at=_now(), run=workflow_run.url()))
    try:
        stack.set_tag(FREEZE_TAG, value)
    except NoStackError as error:
        raise RefusedError(f"{stack.name} was never created: there is nothing to freeze") from error
    return Freeze.model_validate_json(value)


def resume(stack: PulumiStack) -> list[str]:
    """End hold and freeze; returns what each was, none where there was none.

    Raises:
        MissingError, PulumiError: a tag cannot be read or removed.
    """
    marks = read_restrictions(stack)
    for tag, mark in ((HOLD_TAG, marks.hold), (FREEZE_TAG, marks.freeze)):
        if mark is not None:
            stack.remove_tag(tag)
    return marks.describe(stack.name)


def find_person() -> str:
    """Who acts: GitHub's login in a workflow, else git's user, else this machine's."""
    try:
        name = os.environ.get("GITHUB_ACTOR") or git(Path(), "config", "user.name")
    except GitError:
        name = ""
    try:
        return clip(flatten(name) or getpass.getuser(), LONGEST_NAME)
    except (OSError, KeyError):  # a user without a name, as in some containers
        return "unknown"


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
