"""What a user does with todos: `python -m app.journey` signs up at SERVICE_URL, uses a todo, and deletes the user.

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
    """The service does not do what a user expects; the text says what was asked, expected and answered."""


@dataclass(frozen=True)
class Visitor:
    """Somebody with a browser: their cookies come with each request.

    Attributes:
        url: of the service, `http://127.0.0.1:8000`.
    """

    url: str
    opener: OpenerDirector = field(default_factory=lambda: build_opener(HTTPCookieProcessor(CookieJar())))

    def ask(self, method: str, path: str, status: HTTPStatus, body: object = None) -> Any:
        """Send a request; returns the JSON of the answer, None where it has no content.

        Raises:
            JourneyError: the answer has another status or is no JSON, or there is none.
        """
        data = None if body is None else json.dumps(body).encode()
        content_type = {"Content-Type": "application/json"}
        request = Request(f"{self.url}{path}", data, content_type, method=method)  # noqa: S310
        try:
            answered, content = self._send(request)
            if answered != status:
                raise JourneyError(f"{method} {path}: expected status {status.value}, answered {answered}")
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


def travel(url: str) -> str:
    """Sign up, make, complete, read and remove a todo, and delete the user, whatever goes wrong.

    Args:
        url: of the service, `http://127.0.0.1:8000`.

    Returns:
        What was done, as a sentence.

    Raises:
        JourneyError: an answer is not the expected one, or there is none.
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
    made = user.ask("POST", "/todos", HTTPStatus.CREATED, {"title": title})
    path = f"/todos/{_read(made, 'id')}"
    completed = user.ask("PATCH", path, HTTPStatus.OK, {"completed": True})
    if (_read(completed, "title"), _read(completed, "completed")) != (title, True):
        raise JourneyError(f"PATCH {path}: expected {title!r} completed, answered {completed}")
    if (found := user.ask("GET", path, HTTPStatus.OK)) != completed:
        raise JourneyError(f"GET {path}: expected {completed}, answered {found}")
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
        print(travel(url))
    except JourneyError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
