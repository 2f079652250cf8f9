"""What a user does with todos: `python -m app.journey` makes one at SERVICE_URL, completes it, reads and removes it.

Delivery runs it in the service's image after each release (`verify.journey` of the service). It uses the standard
library alone, as the image has no HTTP client.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import uuid
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

URL_VARIABLE = "SERVICE_URL"
REQUEST_SECONDS = 15.0


class JourneyError(Exception):
    """The service does not do what a user expects; the text says what was asked, expected and answered."""


def travel(url: str) -> str:
    """Make, complete, read and remove a todo; it is removed whatever goes wrong.

    Args:
        url: of the service, `https://api.todo.example.com`.

    Returns:
        What was done, as a sentence.

    Raises:
        JourneyError: an answer is not the expected one, or there is none.
    """
    title = f"journey {uuid.uuid4()}"
    made = _ask(url, "POST", "/todos", HTTPStatus.CREATED, {"title": title})
    path = f"/todos/{_read(made, 'id')}"
    try:
        _use(url, path, title)
    except BaseException as error:
        if problem := _remove(url, path):
            raise JourneyError(f"{error}; and {problem}") from error
        raise
    if problem := _remove(url, path):
        raise JourneyError(problem)
    _ask(url, "GET", path, HTTPStatus.NOT_FOUND)
    return "made, completed, read and removed a todo"


def _use(url: str, path: str, title: str) -> None:
    completed = _ask(url, "PATCH", path, HTTPStatus.OK, {"completed": True})
    if (_read(completed, "title"), _read(completed, "completed")) != (title, True):
        raise JourneyError(f"PATCH {path}: expected {title!r} completed, answered {completed}")
    if (found := _ask(url, "GET", path, HTTPStatus.OK)) != completed:
        raise JourneyError(f"GET {path}: expected {completed}, answered {found}")


def _remove(url: str, path: str) -> str | None:
    """Remove the todo; returns what went wrong."""
    try:
        _ask(url, "DELETE", path, HTTPStatus.NO_CONTENT)
    except JourneyError as error:
        return f"the todo is left behind: {error}"
    return None


def _read(answer: Any, key: str) -> Any:
    if not isinstance(answer, dict) or key not in answer:
        raise JourneyError(f"expected a todo with {key}, answered {answer}")
    return answer[key]


def _ask(url: str, method: str, path: str, status: HTTPStatus, body: object = None) -> Any:
    """Send a request; returns the JSON of the answer, None where it has no content."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{url}{path}", data, {"Content-Type": "application/json"}, method=method)  # noqa: S310
    try:
        answered, content = _send(request)
        if answered != status:
            raise JourneyError(f"{method} {path}: expected status {status.value}, answered {answered}")
        return json.loads(content) if content else None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise JourneyError(f"{method} {path}: {error!r}") from error


def _send(request: Request) -> tuple[int, bytes]:
    try:
        with urlopen(request, timeout=REQUEST_SECONDS) as reply:  # noqa: S310 - http and https, see main  # nosec B310
            return reply.status, reply.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


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
