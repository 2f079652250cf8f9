"""`slipway logs`: what its options mean, and the lines that it prints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from delivery.cluster import CREDENTIAL_SECONDS
from delivery.outcome import RefusedError, Report
from operations.cluster import SESSION_SECONDS, open_cluster
from operations.log_line import LogLine
from operations.logs import LogRequest, iterate_lines, parse_duration


@dataclass(frozen=True, kw_only=True)
class LogOptions:
    """The options of `slipway logs`, as they were written."""

    services: tuple[str, ...]
    release: str | None
    since: str | None
    grep: str | None
    follow: bool
    previous: bool


def show_logs(stack: str, options: LogOptions) -> Report:
    """Print the lines that are asked for.

    Raises:
        RefusedError: an option is not usable, or no pod is asked for.
    """
    request, lines = _read_options(stack, options), list[LogLine]()
    seconds = SESSION_SECONDS if options.follow else CREDENTIAL_SECONDS
    with open_cluster(stack, seconds=seconds) as cluster:
        for line in iterate_lines(cluster, request, follow=options.follow):
            print(f"{line.pod} {line.describe()}", flush=True)
            if not options.follow:
                lines.append(line)
    return Report(facts={"stack": stack, "lines": [line.facts() for line in lines]})


def _read_options(stack: str, options: LogOptions) -> LogRequest:
    try:
        since = parse_duration(options.since) if options.since else None
    except ValueError as error:
        raise RefusedError(f"--since: {error}") from error
    try:
        pattern = re.compile(options.grep) if options.grep else None
    except re.error as error:
        raise RefusedError(f"--grep: {options.grep!r} is no regular expression: {error}") from error
    if options.follow and options.previous:
        raise RefusedError("--follow and --previous: a run that has ended writes no more; leave one of them out")
    return LogRequest(
        services=options.services,
        tags=_find_tags(stack, options.release),
        since_seconds=since,
        pattern=pattern,
        previous=options.previous,
    )


def _find_tags(stack: str, revision: str | None) -> Mapping[str, str] | None:
    if revision is None:
        return None
    from operations.release_tags import find_tags  # and Pulumi with it, which takes a second

    return find_tags(stack, revision)
