"""Whether staging became slower: one k6 summary beside a run that was good, and beside what users may expect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from delivery.outcome import MissingError

SLOWER = 1.25  # times the baseline: two runs against the same release differ by less, see docs/CICD.md
NOISE_MS = 20.0  # milliseconds more than the baseline, below which a ratio means nothing
MOST_ERRORS = 0.01  # of all requests
# Milliseconds that 95 of 100 requests may take, whatever the baseline is: a little slower every week is no regression
# by ratio. web.dev, RAIL: what takes longer than a second loses the user's attention; a page needs more than one.
SLOWEST_P95_MS = 500.0

Figure = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Duration(BaseModel):
    med: Figure
    p95: Figure = Field(alias="p(95)")


class _Requests(BaseModel):
    rate: Figure


class _Failures(BaseModel):
    value: Annotated[Figure, Field(le=1)]


class _Metrics(BaseModel):
    http_req_duration: _Duration
    http_reqs: _Requests
    http_req_failed: _Failures


class _Summary(BaseModel):
    """A file of `k6 run --summary-export`, as far as it is used."""

    metrics: _Metrics


@dataclass(frozen=True)
class LoadTest:
    """One run: milliseconds, requests a second, and the share of requests that failed."""

    median: float
    p95: float
    rate: float
    errors: float

    @classmethod
    def read(cls, file: Path) -> LoadTest:
        """A file of `k6 run --summary-export`.

        Raises:
            MissingError: it is not there, or is something else.
        """
        try:
            metrics = _Summary.model_validate_json(file.read_bytes()).metrics
        except OSError as error:
            raise MissingError(f"{file} is no summary of k6: {error.strerror}") from None
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(map(str, problem["loc"])) or "it"
            raise MissingError(f"{file} is no summary of k6: {place}: {problem['msg']}") from None
        duration = metrics.http_req_duration
        return cls(duration.med, duration.p95, metrics.http_reqs.rate, metrics.http_req_failed.value)

    @property
    def is_sound(self) -> bool:
        """Whether it measured the service: a run of refused connections, or of nothing, has fast zeros."""
        return min(self.median, self.p95, self.rate) > 0 and self.errors <= MOST_ERRORS


def find_problems(now: LoadTest, baseline: LoadTest | None) -> list[str]:
    """What is worse than it may be; empty when nothing is.

    Args:
        baseline: a run that was good. One that measured nothing is none.
    """
    return [*_find_failures(now), *(_find_regressions(now, baseline) if baseline and baseline.is_sound else ())]


def may_be_baseline(now: LoadTest, baseline: LoadTest | None, *, accept: bool = False) -> bool:
    """Whether the next run is to be compared with this one: a regression must not become what is usual.

    Args:
        accept: a person decided that it may be as slow as this.
    """
    return now.is_sound if accept else not find_problems(now, baseline)


def table(now: LoadTest, baseline: LoadTest | None) -> str:
    """Both runs as Markdown, with their ratio."""
    rows = [
        ("median", now.median, baseline and baseline.median, "ms"),
        ("95th percentile", now.p95, baseline and baseline.p95, "ms"),
        ("requests", now.rate, baseline and baseline.rate, "/s"),
        ("failed", now.errors * 100, baseline and baseline.errors * 100, "%"),
    ]
    lines = ["| | this run | baseline | ratio |", "|---|--:|--:|--:|"]
    for name, new, old, unit in rows:
        before = "" if old is None else f"{old:.1f} {unit}"
        ratio = f"{new / old:.2f}" if old else ""
        lines.append(f"| {name} | {new:.1f} {unit} | {before} | {ratio} |")
    return "\n".join(lines) + "\n"


def _find_failures(now: LoadTest) -> Iterator[str]:
    if now.errors > MOST_ERRORS:
        yield f"{now.errors:.2%} of the requests failed; {MOST_ERRORS:.0%} may"
    elif not now.is_sound:
        yield f"no request was measured: median {now.median:.0f} ms, {now.rate:.0f} requests a second"
    if now.p95 > SLOWEST_P95_MS:
        yield f"the 95th percentile is {now.p95:.0f} ms; {SLOWEST_P95_MS:.0f} ms may be"


def _find_regressions(now: LoadTest, baseline: LoadTest) -> Iterator[str]:
    for name, new, old in (("median", now.median, baseline.median), ("95th percentile", now.p95, baseline.p95)):
        if new > old * SLOWER and new - old > NOISE_MS:
            yield f"the {name} is {new:.0f} ms, {new / old:.2f} times the baseline's {old:.0f} ms"
