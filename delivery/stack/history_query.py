"""Asking for the updates of a stack, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from delivery.stack.history import UPDATES, Update
from delivery.stack.pulumi_cli import NoStackError, PulumiCli, PulumiError, parse_answer

PAGE = 50  # updates that are read at once; the CLI shows the newest 10 unless asked


def read_history(cli: PulumiCli) -> Iterator[Update]:
    """Every update, newest first; none for a stack that was never created.

    Raises:
        MissingError: no Pulumi CLI.
        PulumiError: the backend does not answer, or answers something else.
    """
    last: list[Update] = []
    for page in count(1):
        updates = _read_page(cli, page)
        if updates and updates == last:
            raise PulumiError(f"`pulumi stack history` of {cli.stack} has the same page twice, number {page}")
        yield from updates
        if len(updates) < PAGE:
            return
        last = updates


def _read_page(cli: PulumiCli, page: int) -> list[Update]:
    words = ["--json", "--full-dates", "--page-size", str(PAGE), "--page", str(page)]
    try:
        text = cli.read("stack", "history", *words)
    except NoStackError:
        return []
    return parse_answer(text, UPDATES, f"`pulumi stack history` of {cli.stack} is")
