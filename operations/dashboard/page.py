"""The pages as HTML: whatever is shown is escaped, and free of secrets and of characters that nobody sees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from delivery.github.markdown import flatten
from delivery.redaction import redacted
from operations.dashboard.cached_source import Reading
from operations.log_line import LogLine
from operations.maintenance import Maintenance
from operations.status import ServiceStatus, describe_age

SHORT = 12  # characters of a commit
SHOWN_TAGS = 8


@dataclass(frozen=True, kw_only=True)
class ServiceCard:
    """A service, by its cluster; the rest is there as far as the other sources have answered.

    Attributes:
        runs: what the stack's outputs say of it.
        images: what the registry holds of it.
        maintenance: the page that answers instead of it; None: there is none.
    """

    status: ServiceStatus
    runs: Any
    images: Any
    maintenance: Maintenance | None


def render_stack(stack: str, readings: Mapping[str, Reading[Any]], *, refresh: int | None) -> str:
    """Return the page of a stack.

    Args:
        readings: `services`, `maintenance`, `deploys`, `releases`, `outputs` and `images`.
        refresh: after how many seconds the page is asked for again; None: never.
    """
    outputs, images = readings["outputs"].value, readings["images"].value or {}
    running = outputs.services if outputs else {}
    pages = {page.service: page for page in readings["maintenance"].value or ()}
    cards = [
        ServiceCard(
            status=each,
            runs=running.get(each.name),
            images=images.get(each.name),
            maintenance=pages.get(each.name),
        )
        for each in readings["services"].value or ()
    ]
    return _render("stack.html", stack=stack, readings=readings, cards=cards, refresh=refresh)


def render_logs(stack: str, service: str, reading: Reading[Iterable[LogLine]], *, refresh: int | None) -> str:
    """Return the page with the last lines of a service."""
    return _render("logs.html", stack=stack, service=service, reading=reading, refresh=refresh)


def render_problem(stack: str, title: str, text: str) -> str:
    """Return a page that says why there is no other."""
    return _render("problem.html", stack=stack, title=title, text=text, refresh=None)


def _render(template: str, **values: Any) -> str:
    return TEMPLATES.get_template(template).render(**values, now=datetime.now(UTC))


def clean(text: object) -> str:
    """A text in one line, without secrets and control characters."""
    return flatten(redacted(str(text)))


def find_link(url: object) -> str | None:
    """The URL where it is one of the web: another one would run what it says."""
    text = str(url or "")
    return text if text.startswith(("https://", "http://")) else None


def describe_since(at: datetime, now: datetime) -> str:
    """`12 min`."""
    return describe_age((now - at).total_seconds())


def format_time(at: datetime) -> str:
    """`2026-11-26 14:03 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


TEMPLATES = Environment(
    loader=PackageLoader("operations.dashboard"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters |= {"clean": clean, "link": find_link, "since": describe_since, "time": format_time}
TEMPLATES.globals |= {"SHORT": SHORT, "SHOWN_TAGS": SHOWN_TAGS}
