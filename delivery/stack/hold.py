"""What keeps deploys from a stack: a hold after a rollback by a person, and a freeze. Both are tags of the stack.

A tag is read right before each update, and needs no update itself. Pulumi Cloud takes 256 characters of a value.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from delivery.github import workflow_run
from delivery.github.markdown import clip, escape, flatten
from delivery.outcome import DeliveryError, RefusedError
from delivery.stack.pulumi_cli import NoStackError, clip_first
from delivery.stack.pulumi_stack import PulumiStack
from infra.source.git import GitError, git

HOLD_TAG, FREEZE_TAG = "slipway:hold", "slipway:freeze"
LONGEST_BYTES = 256  # of a tag's value, in UTF-8
LONGEST_NAME = 39  # of a login at GitHub
LONGEST_QUOTE = 80  # characters of a tag that is not Slipway's
SHORT = 12
Mark = TypeVar("Mark", "Hold", "Freeze")
Quote = Callable[[str], str]  # what people wrote, for a terminal or for Markdown


class HeldError(RefusedError):
    """A hold or a freeze keeps the deploy from the stack; nothing was changed."""


class Hold(BaseModel):
    """That a person rolled the stack back.

    Attributes:
        from_release, to: first characters of both commits.
        by: GitHub's login, or a name.
        run: URL of the workflow's run; None from a laptop.
    """

    model_config = ConfigDict(populate_by_name=True, frozen=True)

    from_release: str = Field(alias="from")
    to: str
    by: str
    at: datetime
    run: str | None = None

    def describe(self, stack: str, quote: Quote = flatten) -> str:
        """A sentence that names who, when and what ends it."""
        return (
            f"{stack} is held: {quote(self.by)} rolled it back from {quote(self.from_release)} to {quote(self.to)} "
            f"on {_format_time(self.at)}. No automatic deploy reaches it until a person deploys a named release "
            f"(`slipway stack deploy --stack {stack} --release …`) or ends the hold: "
            f"`slipway stack resume --stack {stack}`"
        )


class Freeze(BaseModel):
    """That a person stopped all deploys to the stack.

    Attributes:
        reason: in one line.
        by, run: as for `Hold`.
    """

    model_config = ConfigDict(frozen=True)

    reason: str
    by: str
    at: datetime
    run: str | None = None

    def describe(self, stack: str, quote: Quote = flatten) -> str:
        """A sentence that names who, when, why and what ends it."""
        return (
            f"{stack} is frozen since {_format_time(self.at)} by {quote(self.by)}: {quote(self.reason)}. Nothing is "
            f"deployed or promoted to it, and a rollback is allowed; `slipway stack resume --stack {stack}` ends it"
        )


class UnknownMark(BaseModel):
    """A tag of that name which Slipway did not write: it counts, as nobody can say that it does not."""

    tag: str
    value: str

    def describe(self, stack: str, quote: Quote = flatten) -> str:
        """A sentence that quotes it."""
        kind = "frozen" if self.tag == FREEZE_TAG else "held"
        return (
            f"{stack} is {kind} by its tag {self.tag}, which says '{quote(clip(self.value, LONGEST_QUOTE))}'; "
            f"`slipway stack resume --stack {stack}` ends it"
        )


@dataclass(frozen=True)
class Restrictions:
    """What keeps deploys from a stack now."""

    hold: Hold | UnknownMark | None = None
    freeze: Freeze | UnknownMark | None = None

    def describe(self, stack: str, quote: Quote = flatten) -> list[str]:
        """A sentence for each, the freeze first.

        Args:
            quote: makes text that people wrote harmless where the sentence is shown: `escape` for Markdown.
        """
        return [mark.describe(stack, quote) for mark in (self.freeze, self.hold) if mark is not None]

    def facts(self) -> dict[str, object]:
        """What `--json` prints."""
        return {
            "hold": self.hold and self.hold.model_dump(mode="json", by_alias=True),
            "freeze": self.freeze and self.freeze.model_dump(mode="json", by_alias=True),
        }


def read_restrictions(stack: PulumiStack) -> Restrictions:
    """What keeps deploys from the stack now.

    Raises:
        MissingError, PulumiError: the tags cannot be read.
    """
    tags = stack.tags()
    return Restrictions(_parse(tags, HOLD_TAG, Hold), _parse(tags, FREEZE_TAG, Freeze))


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
    stack.set_tag(HOLD_TAG, _fit(mark))


def freeze(stack: PulumiStack, reason: str) -> Freeze:
    """Stop all deploys to the stack. One that is frozen already gets the new reason.

    Raises:
        RefusedError: no reason is given, or the stack was never created.
        MissingError, PulumiError: the tag cannot be set.
    """
    reason = flatten(reason)
    if not reason:
        raise RefusedError("the reason is empty: write why the stack is frozen, for those who want to deploy")
    value = _fit(Freeze(reason=reason, by=find_person(), at=_now(), run=workflow_run.url()))
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


def _parse(tags: dict[str, str], tag: str, form: type[Mark]) -> Mark | UnknownMark | None:
    if (value := tags.get(tag)) is None:
        return None
    try:
        return form.model_validate_json(value)
    except ValidationError:
        return UnknownMark(tag=tag, value=value)


def _fit(mark: Hold | Freeze) -> str:
    """The mark as JSON that a tag takes: without the run, then with a shorter reason, where it is too long."""
    if isinstance(mark, Freeze):
        mark = mark.model_copy(update={"reason": clip(mark.reason, LONGEST_BYTES)})
    text = _encode(mark)
    if len(text.encode()) > LONGEST_BYTES:
        mark = mark.model_copy(update={"run": None})
        text = _encode(mark)
    while len(text.encode()) > LONGEST_BYTES and isinstance(mark, Freeze):
        mark = mark.model_copy(update={"reason": clip(mark.reason, len(mark.reason) - 1)})
        text = _encode(mark)
    return text


def _encode(mark: Hold | Freeze) -> str:
    return mark.model_dump_json(by_alias=True, exclude_none=True)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _format_time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
