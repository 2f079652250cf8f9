"""What to verify of a service after each release, from outside: requests, its version, and a journey of its own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue, model_validator

from infra.config.section import Section
from infra.config.value_kind import Kind, Pattern, Range

RequestPath = Annotated[
    str,
    Kind("/readyz", "a path below the service's URL such as /readyz or /search?q=x", Pattern(r"/((?!/)[^\s#]*)?")),
]
# RFC 9110, section 5.6.2: a field's name is a token.
HeaderName = Annotated[
    str,
    Kind(
        "x-content-type-options",
        "the name of a header such as cache-control",
        Pattern(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"),
    ),
]
HttpStatus = Annotated[int, Kind(200, "a status from 200 to 599 that ends a request", Range(200, 599))]
AnswerKey = Annotated[
    str,
    Kind("sha", "a key of the answer's JSON such as sha, or build.commit for one inside another", Pattern(r"\S+")),
]
WatchSeconds = Annotated[int, Kind(120, "seconds from 10 to 1800", Range(10, 1800))]
Percent = Annotated[int, Kind(2, "a whole percentage from 0 to 100", Range(0, 100))]
CanaryPercent = Annotated[int, Kind(10, "a whole percentage from 1 to 99", Range(1, 99))]
Milliseconds = Annotated[int, Kind(500, "milliseconds from 1 to 60000", Range(1, 60_000))]
Growth = Annotated[int, Kind(2, "a whole number from 1 to 100", Range(1, 100))]
JourneySeconds = Annotated[int, Kind(60, "seconds from 1 to 600", Range(1, 600))]


class VerifiedRequest(Section):
    """A request that changes nothing, and the answer that it must get."""

    path: RequestPath
    """What is asked for, below the service's URL; a query may follow."""
    method: Literal["GET", "HEAD", "OPTIONS"] = "GET"
    """The method of the request; what changes data belongs in a journey."""
    status: HttpStatus = 200
    """The status that the answer must have; redirects are not followed."""
    headers: dict[HeaderName, str | None] = Field(default_factory=dict)
    """Headers that the answer must have, each with this value; null: the answer must not have it."""
    content: dict[str, JsonValue] | None = Field(default=None, alias="json")
    """What the answer's JSON must contain, at any depth; it may contain more. null: it is not read."""

    @model_validator(mode="after")
    def _expect_content_of_get(self) -> VerifiedRequest:
        if self.content is not None and self.method == "HEAD":
            raise ValueError("`method: GET` beside `json`: the answer to HEAD has no content")
        return self


class VersionRequest(Section):
    """Where a service says which version it runs."""

    path: RequestPath = "/version"
    """The path that answers JSON with the version."""
    key: AnswerKey = "sha"
    """The key whose value must be the image's tag; dots lead into inner mappings."""


class Journey(Section):
    """What a user does with the service, as a command that its own image contains."""

    command: Annotated[list[str], Field(min_length=1)]
    """The program and its arguments; it finds the URL in SERVICE_URL, and fails by an exit status."""
    seconds: JourneySeconds = 60
    """How long the command may take, in seconds."""


class BehaviourLimits(Section):
    """How a release must answer after its rollout; it is rolled back once enough requests show that it does not."""

    seconds: WatchSeconds = 120
    """How long its requests are watched, in seconds."""
    failed_percent: Percent = 2
    """The most answers with a status of 500 or above, in percent of all."""
    p95_milliseconds: Milliseconds | None = None
    """The largest 95th percentile of the time to answer, in milliseconds; null: only what `growth` says."""
    growth: Growth = 2
    """How many times the failed share and the 95th percentile of the release before may be reached."""


class Canary(Section):
    """A release's first pods, which answer a part of the requests from outside before all pods are replaced."""

    steps: Annotated[list[CanaryPercent], Field(min_length=1)] = Field(default_factory=lambda: [10, 50])
    """The canary's weight: the percentage of the requests that the new release gets, step by step."""
    seconds: WatchSeconds = 60
    """How long each step is watched, in seconds; `behaviour` says by which limits, or else its defaults."""

    @model_validator(mode="after")
    def _grow(self) -> Canary:
        if self.steps != sorted(set(self.steps)):
            raise ValueError(f"`steps` that grow, such as {sorted(set(self.steps))}")
        return self


class Verification(Section):
    """What is verified of a service; that the readiness path answers 200, and TLS, always are where it has a URL.
    Without a URL one of its pods is asked, if there is anything in `requests`, `version` or `journey`."""

    requests: list[VerifiedRequest] = Field(default_factory=list)
    """Requests to verify, beside the one to the readiness path."""
    version: VersionRequest | None = None
    """Where the service says its version; null: which version answers is not verified."""
    journey: Journey | None = None
    """A command that uses the service as its users do; null: there is none."""
    behaviour: BehaviourLimits | None = None
    """How its requests are judged after a rollout, by the metrics of its pods; null: they are not."""
    canary: Canary | None = None
    """How a release gets its first requests, if it has a host; null: all at once, as its pods are replaced."""

    @property
    def canary_limits(self) -> BehaviourLimits | None:
        """What a canary is judged by at each step; None where there is none."""
        if self.canary is None:
            return None
        return (self.behaviour or BehaviourLimits()).model_copy(update={"seconds": self.canary.seconds})
