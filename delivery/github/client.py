"""The repository on GitHub, by its REST API."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from githubkit import GitHub, TokenAuthStrategy
from githubkit.exception import RequestError, RequestFailed, RequestTimeout

from delivery.outcome import DeliveryError, MissingError, UnreachableError
from delivery.redaction import redacted

API = "https://api.github.com"
SLUG = re.compile(r"(?P<owner>[A-Za-z0-9-]+)/(?P<name>[A-Za-z0-9._-]+)")
TIMEOUT_SECONDS = 30.0
PAGE = 100  # the most that one answer lists
REFUSED = {401, 403}
NOT_FOUND = 404
WORKING = ("in_progress", "queued")


@dataclass(frozen=True)
class Run:
    """A workflow run that may hold a lock now."""

    id: int
    name: str
    url: str
    started: datetime


@dataclass(frozen=True)
class GitHubRepository:
    """`owner/name`, and the token that asks: GITHUB_TOKEN's rights decide what may be read and written."""

    owner: str
    name: str
    token: str
    api: str = API

    @classmethod
    def from_environment(cls, slug: str | None = None) -> GitHubRepository:
        """The repository of GITHUB_REPOSITORY, with GITHUB_TOKEN or GH_TOKEN, at GITHUB_API_URL.

        Raises:
            MissingError: one is not set, or the name is not `owner/name`.
        """
        slug = slug or os.environ.get("GITHUB_REPOSITORY", "")
        match = SLUG.fullmatch(slug)
        if match is None:
            raise MissingError(f"the repository is {slug!r}; give --repo owner/name, or set GITHUB_REPOSITORY")
        token = os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN")
        if not token:
            raise MissingError("GITHUB_TOKEN is not set; on a laptop: `GITHUB_TOKEN=$(gh auth token)`")
        return cls(match["owner"], match["name"], token, os.environ.get("GITHUB_API_URL", API))

    @property
    def slug(self) -> str:
        return f"{self.owner}/{self.name}"

    @cached_property
    def client(self) -> GitHub[TokenAuthStrategy]:
        return GitHub(
            TokenAuthStrategy(self.token),
            base_url=self.api,
            timeout=TIMEOUT_SECONDS,
            http_cache=False,
            user_agent="slipway-delivery",
        )

    @property
    def rest(self) -> Any:
        """Every call of the published REST API, with the names of its operations."""
        return self.client.rest

    def pages(self, call: Any, **parameters: Any) -> Iterator[Any]:
        """Every entry of every page of a call that answers with a list."""
        return iter(
            self.client.rest.paginate(
                call,
                map_func=lambda reply: reply.json(),
                owner=self.owner,
                repo=self.name,
                per_page=PAGE,
                **parameters,
            )
        )

    @staticmethod
    def found(call: Any, *words: Any, **parameters: Any) -> Any:
        """The reply of a call; None where GitHub says that there is no such thing."""
        try:
            return call(*words, **parameters)
        except RequestFailed as error:
            if error.response.status_code == NOT_FOUND:
                return None
            raise

    def working(self, workflows: frozenset[str]) -> list[Run]:
        """The runs of some workflows, by file name, that are at work or about to be."""
        found = []
        for status in WORKING:
            reply = self.rest.actions.list_workflow_runs_for_repo(self.owner, self.name, status=status, per_page=PAGE)
            for run in reply.json()["workflow_runs"]:
                if run["path"].rpartition("/")[2].partition("@")[0] in workflows:
                    started = datetime.fromisoformat(run["run_started_at"])
                    found.append(Run(run["id"], str(run["name"]), run["html_url"], started))
        return found


@contextmanager
def explained() -> Iterator[None]:
    """What GitHub refuses, as an error that says what to do.

    Raises:
        MissingError: the token lacks a right.
        UnreachableError: no answer.
        DeliveryError: any other refusal.
    """
    try:
        yield
    except RequestFailed as error:
        request, response = error.request, error.response
        said = f"GitHub answers {response.status_code} to {request.method} {request.url.path}: {_message(response)}"
        if response.status_code in REFUSED:
            raise MissingError(f"{said}; the token lacks the right to do this") from error
        raise DeliveryError(said) from error
    except (RequestTimeout, RequestError) as error:
        raise UnreachableError(redacted(f"GitHub does not answer: {error!r}")) from error


def _message(response: Any) -> str:
    try:
        content = response.json()
        details = content.get("errors")
        return f"{content.get('message', '')}{f' {details}' if details else ''}"
    except ValueError:
        return "no explanation"
