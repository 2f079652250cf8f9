"""The repository on GitHub, or on an Enterprise host, by its REST API."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from time import sleep
from typing import Any

import httpx
from githubkit import GitHub, TokenAuthStrategy

from delivery.github.answers import Numbered, WorkflowRun
from delivery.github.errors import NOT_FOUND, AnswerError, GitHubError, NoAnswerError, RateLimitError
from delivery.github.host import API, SERVER, read_url, server_of
from delivery.github.reply import AnswerT, call_once, describe, parse, read_entries, validate
from delivery.outcome import MissingError

# The owner of a repository of Enterprise Managed Users has `_` and the enterprise's short code at its end.
SLUG = re.compile(r"(?P<owner>[A-Za-z0-9][A-Za-z0-9_-]*)/(?P<name>(?!\.{1,2}$)[A-Za-z0-9._-]+)")
TIMEOUT_SECONDS = 30.0
PAGE = 100  # the most that one answer lists
MOST_PAGES = 1000
ATTEMPTS = 4
LONGEST_WAIT_SECONDS = 180.0  # of one request for a rate limit: a primary limit may last an hour
# A run in any of these may hold a lock: GitHub re-queues a run that waits for a runner, a person or a group.
ACTIVE = ("in_progress", "queued", "waiting", "pending", "requested")


@dataclass(frozen=True)
class GitHubRepository:
    """`owner/name`, and the token that asks: GITHUB_TOKEN's rights decide what may be read and written.

    Attributes:
        api: URL of the REST API.
        server: URL of the host, for links.
    """

    owner: str
    name: str
    token: str
    api: str = API
    server: str = SERVER

    @classmethod
    def from_environment(cls, slug: str | None = None) -> GitHubRepository:
        """The repository of GITHUB_REPOSITORY, by GITHUB_TOKEN or GH_TOKEN, at GITHUB_API_URL and GITHUB_SERVER_URL.

        Raises:
            MissingError: one is not set or cannot be right.
        """
        slug = slug or os.environ.get("GITHUB_REPOSITORY", "")
        match = SLUG.fullmatch(slug)
        if match is None:
            raise MissingError(f"the repository is {slug!r}; give --repo owner/name, or set GITHUB_REPOSITORY")
        token = (os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN") or "").strip()
        if not token:
            raise MissingError("GITHUB_TOKEN is not set; on a laptop: `GITHUB_TOKEN=$(gh auth token)`")
        if not token.isascii() or not token.isprintable() or " " in token:
            raise MissingError("GITHUB_TOKEN holds characters that no token has; set it again, without blanks")
        api = read_url("GITHUB_API_URL") or API
        return cls(match["owner"], match["name"], token, api, read_url("GITHUB_SERVER_URL") or server_of(api))

    @property
    def slug(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def url(self) -> str:
        """Where people see it."""
        return f"{self.server}/{self.slug}"

    @cached_property
    def client(self) -> GitHub[TokenAuthStrategy]:
        return GitHub(
            TokenAuthStrategy(self.token),
            base_url=self.api,
            timeout=TIMEOUT_SECONDS,
            ssl_verify=_create_context(),
            http_cache=False,
            auto_retry=False,  # it repeats writes, too
            user_agent="slipway-delivery",
        )

    @property
    def rest(self) -> Any:
        """Every call of the published REST API, with the names of its operations."""
        return self.client.rest

    def send(self, call: Any, *words: Any, **parameters: Any) -> Any:
        """The reply of a call that may be repeated: one that reads, or sets what a second time changes nothing.

        Raises:
            PermissionDeniedError: the token lacks a right.
            RateLimitError: the token asked too often, and waiting would take too long.
            NoAnswerError: GitHub does not answer.
            GitHubError: any other refusal.
        """
        for attempt in range(ATTEMPTS):
            try:
                return self.send_once(call, *words, **parameters)
            except NoAnswerError:
                if attempt + 1 == ATTEMPTS:
                    raise
                sleep(2**attempt)
        raise AssertionError

    def send_once(self, call: Any, *words: Any, **parameters: Any) -> Any:
        """The reply of a call that is repeated only after a rate limit: what GitHub did not do.

        Raises:
            as `send`.
        """
        waited = 0.0
        for attempt in range(ATTEMPTS):
            try:
                return call_once(call, *words, **parameters)
            except RateLimitError as error:
                pause = max(1.0, error.wait.total_seconds())
                waited += pause
                if attempt + 1 == ATTEMPTS or waited > LONGEST_WAIT_SECONDS:
                    raise
                sleep(pause)
        raise AssertionError

    def read(self, model: type[AnswerT], call: Any, *words: Any, **parameters: Any) -> AnswerT:
        """An object of this repository.

        Args:
            model: what the answer is.
            call: of `rest`; it gets owner and name first.

        Raises:
            AnswerError: the answer has another form.
            DeliveryError: as `send`.
        """
        return self.fetch(model, call, self.owner, self.name, *words, **parameters)

    def fetch(self, model: type[AnswerT], call: Any, *words: Any, **parameters: Any) -> AnswerT:
        """An object that is no part of this repository: a user, a team, an app."""
        return parse(model, self.send(call, *words, **parameters))

    def find(self, model: type[AnswerT], call: Any, *words: Any, **parameters: Any) -> AnswerT | None:
        """An object of this repository; None where GitHub says that there is no such thing."""
        try:
            return self.read(model, call, *words, **parameters)
        except GitHubError as error:
            if error.code == NOT_FOUND:
                return None
            raise

    def pages(
        self,
        model: type[AnswerT],
        call: Any,
        *words: Any,
        key: str | None = None,
        per_page: int = PAGE,
        **parameters: Any,
    ) -> Iterator[AnswerT]:
        """Every entry of every page of a call that answers with a list.

        Args:
            key: where the list is in the answer; None: the answer is the list.
            per_page: entries of a page; some calls list fewer than `PAGE`.
        """
        for page in range(1, MOST_PAGES + 1):
            reply = self.send(call, self.owner, self.name, *words, per_page=per_page, page=page, **parameters)
            entries = read_entries(reply, key)
            yield from (validate(model, entry, reply) for entry in entries)
            # The header and not the number of entries: GitHub may leave some out of a page, and does.
            if not entries or ('rel="next"' not in reply.headers.get("link", "") and len(entries) < per_page):
                return
        raise AnswerError(describe(reply), "", f"more than {MOST_PAGES} pages")

    def create(
        self,
        model: type[AnswerT],
        find: Callable[[], AnswerT | None],
        call: Any,
        *words: Any,
        **parameters: Any,
    ) -> AnswerT:
        """Make something once: before a request whose answer was lost is repeated, `find` looks whether it is there.

        Raises:
            DeliveryError: as `send`.
        """
        for attempt in range(ATTEMPTS):
            try:
                return parse(model, self.send_once(call, self.owner, self.name, *words, **parameters))
            except (NoAnswerError, AnswerError):
                sleep(2**attempt)  # GitHub's lists are a little behind what it made
                if (present := find()) is not None:
                    return present
                if attempt + 1 == ATTEMPTS:
                    raise
        raise AssertionError

    def list_open_pulls(self) -> set[int]:
        """The numbers of the pull requests that are open."""
        return {each.number for each in self.pages(Numbered, self.rest.pulls.list, state="open")}

    def has_pull(self, number: int) -> bool:
        """Whether there is a pull request of that number, open or closed."""
        return self.find(Numbered, self.rest.pulls.get, number) is not None

    def list_active_runs(self, workflows: Collection[str]) -> list[WorkflowRun]:
        """The runs of some workflows, by file name, that are at work, wait or are about to begin."""
        found: dict[int, WorkflowRun] = {}
        for workflow in sorted(workflows):
            for status in ACTIVE:
                for run in self.list_runs(workflow, status=status):
                    found[run.id] = run
        return list(found.values())

    def list_runs(self, workflow: str, **filters: Any) -> Iterator[WorkflowRun]:
        """The runs of a workflow, by file name, newest first; none where the repository has no such workflow."""
        call = self.rest.actions.list_workflow_runs
        try:
            yield from self.pages(WorkflowRun, call, workflow, key="workflow_runs", **filters)
        except GitHubError as error:
            if error.code != NOT_FOUND:
                raise


@cache
def _create_context() -> ssl.SSLContext:
    """The certificates that are trusted: githubkit would read them again for each request."""
    return httpx.create_ssl_context()
