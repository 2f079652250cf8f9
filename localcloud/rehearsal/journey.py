"""What a user does with the app, through its public host name, over HTTPS that is verified."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

REQUEST_SECONDS = 15.0
BACKEND, WEB = "backend", "chatbot-frontend"


class JourneyError(RuntimeError):
    """The app does not do what a user expects; the text says what was seen."""


def use(urls: Mapping[str, str]) -> str:
    """Open the web app, add a todo, find it, complete it and remove it.

    Args:
        urls: of the services that answer from outside, by name.

    Raises:
        JourneyError: an answer is not the expected one.
        httpx.HTTPError: no answer, or a certificate that cannot be verified.
    """
    with httpx.Client(timeout=REQUEST_SECONDS, verify=ssl.create_default_context()) as client:
        _redirects(client, urls[WEB])
        page = client.get(f"{urls[WEB]}/")
        _expect(page.status_code == httpx.codes.OK and "<html" in page.text, f"{urls[WEB]} answers {page}")
        title = f"rehearse {uuid4()}"
        todo = client.post(f"{urls[BACKEND]}/todos", json={"title": title})
        _expect(todo.status_code == httpx.codes.CREATED, f"adding a todo answers {todo}: {todo.text}")
        one = f"{urls[BACKEND]}/todos/{todo.json()['id']}"
        _expect(client.get(one).json()["title"] == title, "the todo that was added is another one")
        done = client.patch(one, json={"completed": True})
        _expect(done.json().get("completed") is True, f"completing it answers {done}: {done.text}")
        gone = client.delete(one)
        _expect(gone.status_code == httpx.codes.NO_CONTENT, f"removing it answers {gone}")
    return f"{urls[WEB]}, {urls[BACKEND]}"


def add_todo(urls: Mapping[str, str]) -> str:
    """Add a todo, and return its id.

    Raises:
        JourneyError, httpx.HTTPError: as for `use`.
    """
    with httpx.Client(timeout=REQUEST_SECONDS, verify=ssl.create_default_context()) as client:
        todo = client.post(f"{urls[BACKEND]}/todos", json={"title": "rehearse a loss"})
    _expect(todo.status_code == httpx.codes.CREATED, f"adding a todo answers {todo}: {todo.text}")
    return str(todo.json()["id"])


def has_todo(urls: Mapping[str, str], identity: str) -> bool:
    """Whether there is a todo of that id.

    Raises:
        httpx.HTTPError: no answer.
    """
    with httpx.Client(timeout=REQUEST_SECONDS, verify=ssl.create_default_context()) as client:
        return client.get(f"{urls[BACKEND]}/todos/{identity}").status_code == httpx.codes.OK


def read_status(url: str) -> int:
    """The status that a URL answers.

    Raises:
        httpx.HTTPError: no answer.
    """
    with httpx.Client(timeout=REQUEST_SECONDS, verify=ssl.create_default_context()) as client:
        return client.get(url).status_code


def host_of(url: str) -> str:
    """The host name in a URL."""
    return str(urlsplit(url).hostname)


def read_certificate(host: str) -> bytes:
    """The certificate that a host serves, as DER, once it is verified."""
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, 443), timeout=REQUEST_SECONDS) as connection,
        context.wrap_socket(connection, server_hostname=host) as secured,
    ):
        return secured.getpeercert(binary_form=True) or b""


def _redirects(client: httpx.Client, url: str) -> None:
    plain = client.get(f"http://{host_of(url)}/", follow_redirects=False)
    location = plain.headers.get("location", "")
    _expect(plain.is_redirect and location.startswith("https://"), f"plain HTTP answers {plain} {location}")


def _expect(condition: bool, message: str) -> None:
    if not condition:
        raise JourneyError(message)
