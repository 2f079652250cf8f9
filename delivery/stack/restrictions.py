"""The marks that keep deploys from a stack, as its tags have them, and as people read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from delivery.github.markdown import clip, flatten

HOLD_TAG, FREEZE_TAG = "slipway:hold", "slipway:freeze"
LONGEST_BYTES = 256  # of a tag's value, in UTF-8: Pulumi Cloud takes no more
LONGEST_QUOTE = 80  # characters of a tag that is not Slipway's
Mark = TypeVar("Mark", "Hold", "Freeze")
Quote = Callable[[str], str]  # what people wrote, for a terminal or for Markdown


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


def parse_restrictions(tags: Mapping[str, str]) -> Restrictions:
    """What keeps deploys from the stack that has these tags."""
    return Restrictions(_parse(tags, HOLD_TAG, Hold), _parse(tags, FREEZE_TAG, Freeze))


def encode_mark(mark: Hold | Freeze) -> str:
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


def _parse(tags: Mapping[str, str], tag: str, form: type[Mark]) -> Mark | UnknownMark | None:
    if (value := tags.get(tag)) is None:
        return None
    try:
        return form.model_validate_json(value)
    except ValidationError:
        return UnknownMark(tag=tag, value=value)


def _format_time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
