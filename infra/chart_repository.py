"""Whether the repositories of third-party charts answer, asked before anything is created."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pulumi

from infra.versions import Chart

SECONDS = 10


class ChartRepositoryError(pulumi.RunError):
    """The repository of a chart that the stack installs does not answer."""


def check_repositories(charts: Iterable[Chart]) -> None:
    """Ask each chart's repository for its index, as Helm will. In a preview, one that does not answer is a warning.

    Raises:
        ChartRepositoryError: one does not answer; the text names each.
    """
    problems = [f"{chart.name}: {problem}" for chart in charts if (problem := _find_problem(chart))]
    if not problems:
        return
    text = "\n".join(
        [
            "these charts cannot be installed now, as their repositories do not answer; nothing was created:",
            *(f"  - {each}" for each in problems),
            "  Run `pulumi up` again when they do, or switch the add-on off in slipway:addons.",
        ]
    )
    if not pulumi.runtime.is_dry_run():
        raise ChartRepositoryError(text)
    pulumi.log.warn(text)


def _find_problem(chart: Chart) -> str | None:
    url = f"{chart.repository}/index.yaml"
    try:
        with urlopen(Request(url, method="HEAD"), timeout=SECONDS):  # noqa: S310 - our own table's  # nosec B310
            return None
    except HTTPError as error:
        return f"{url} answers {error.code} {HTTPStatus(error.code).phrase}"
    except (OSError, ValueError) as error:
        return f"{url}: {getattr(error, 'reason', error)}"
