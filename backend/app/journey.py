"""A user's journey: `python -m app.journey` signs up at SERVICE_URL, uses a todo, and deletes the user.

Delivery runs it in the service's image after each release (`verify.journey` of the service). It uses the standard
library alone, as the image has no HTTP client.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import sys
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

URL_VARIABLE = "SERVICE_URL"
REQUEST_SECONDS = 15.0


class JourneyError(Exception):
    """The service does not do what a user expects; the message has the request and both answers."""


@dataclass(frozen=True)
class Visitor:
    """An HTTP client that keeps its cookies, as a browser does.

    Attributes:
        url: of the service, `http://127.0.0.1:8000`.
    """

    url: str
    opener: OpenerDirector = field(default_factory=lambda: build_opener(HTTPCookieProcessor(CookieJar())))

    def ask(self, method: str, path: str, status: HTTPStatus, body: object = None) -> Any:
        """Send a request; returns the answer's JSON, or None if it has no content.

        Raises:
            JourneyError: the answer has another status or is not JSON, or the service does not answer.
        """
        data = None if body is None else json.dumps(body).encode()
        content_type = {"Content-Type": "application/json"}
        request = Request(f"{self.url}{path}", data, content_type, method=method)  # noqa: S310
        try:
            actual, content = self._send(request)
            if actual != status:
                raise JourneyError(f"{method} {path}: expected status {status.value}, answered {actual}")
            return json.loads(content) if content else None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise JourneyError(f"{method} {path}: {error!r}") from error

    def _send(self, request: Request) -> tuple[int, bytes]:
        try:
            with self.opener.open(request, timeout=REQUEST_SECONDS) as reply:  # http and https, see main
                return reply.status, reply.read()
        except HTTPError as error:
            with error:
                return error.code, error.read()


def run_journey(url: str) -> str:
    """Sign up, use a todo, and delete the user even if a step fails.

    Args:
        url: of the service, `http://127.0.0.1:8000`.

    Returns:
        A summary of the steps.

    Raises:
        JourneyError: an answer is unexpected or missing.
    """
    user, name, password = Visitor(url), f"journey-{secrets.token_hex(8)}", secrets.token_urlsafe()
    user.ask("POST", "/users", HTTPStatus.CREATED, {"name": name, "password": password})
    try:
        _use_todo(user, Visitor(url))
    except BaseException as error:
        if problem := _delete(user, name, password):
            raise JourneyError(f"{error}; and {problem}") from error
        raise
    if problem := _delete(user, name, password):
        raise JourneyError(problem)
    user.ask("GET", "/session", HTTPStatus.UNAUTHORIZED)
    return "signed up, made, completed, read and removed a todo, and deleted the user"


def _use_todo(user: Visitor, stranger: Visitor) -> None:
    title = f"journey {secrets.token_hex(8)}"
    todo = user.ask("POST", "/todos", HTTPStatus.CREATED, {"title": title})
    path = f"/todos/{_read(todo, 'id')}"
    completed = user.ask("PATCH", path, HTTPStatus.OK, {"completed": True})
    if (_read(completed, "title"), _read(completed, "completed")) != (title, True):
        raise JourneyError(f"PATCH {path}: expected {title!r} completed, answered {completed}")
    if (current := user.ask("GET", path, HTTPStatus.OK)) != completed:
        raise JourneyError(f"GET {path}: expected {completed}, answered {current}")
    stranger.ask("GET", path, HTTPStatus.UNAUTHORIZED)
    user.ask("DELETE", path, HTTPStatus.NO_CONTENT)
    user.ask("GET", path, HTTPStatus.NOT_FOUND)


def _delete(user: Visitor, name: str, password: str) -> str | None:
    """Delete the user, and their todos with them; returns what went wrong."""
    try:
        user.ask("DELETE", "/user", HTTPStatus.NO_CONTENT, {"password": password})
    except JourneyError as error:
        return f"the user {name} is left behind: {error}"
    return None


def _read(answer: Any, key: str) -> Any:
    if not isinstance(answer, dict) or key not in answer:
        raise JourneyError(f"expected a todo with {key}, answered {answer}")
    return answer[key]


def main() -> int:
    """Exit status 1, and one line that says why, when the service does not do what it should."""
    url = os.environ.get(URL_VARIABLE, "").rstrip("/")
    if urlsplit(url).scheme not in {"http", "https"}:
        print(f"{URL_VARIABLE} is {url!r}; write the service's URL, such as http://127.0.0.1:8000", file=sys.stderr)
        return 1
    try:
        print(run_journey(url))
    except JourneyError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
