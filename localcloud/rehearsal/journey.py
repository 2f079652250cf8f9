"""What a user does with the app, through its public host name, over HTTPS that is verified."""

from __future__ import annotations

import secrets
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

REQUEST_SECONDS = 15.0
WEB = "chatbot-frontend"


class JourneyError(RuntimeError):
    """The app does not do what a user expects; the text says what was seen."""


@dataclass(frozen=True)
class Account:
    """A user's name and password."""

    name: str
    password: str

    def body(self) -> dict[str, str]:
        """What signs up, and in."""
        return {"name": self.name, "password": self.password}


def use(urls: Mapping[str, str]) -> str:
    """Open the web app, sign up, add a todo, find it, complete it and remove it, and delete the user.

    Args:
        urls: of the services that answer from outside, by name.

    Raises:
        JourneyError: an answer is not the expected one.
        httpx.HTTPError: no answer, or a certificate that cannot be verified.
    """
    with _open_client(urls[WEB]) as client:
        _redirects(client, urls[WEB])
        page = client.get("/")
        _expect(page.status_code == httpx.codes.OK and "<html" in page.text, f"{urls[WEB]} answers {page}")
        unknown = client.get("/api/todos")
        _expect(unknown.status_code == httpx.codes.UNAUTHORIZED, f"who is not signed in is answered {unknown}")
        account = sign_up(client)
        title = f"rehearse {uuid4()}"
        one = f"/api/todos/{_add_todo(client, title)}"
        _expect(client.get(one).json()["title"] == title, "the todo that was added is another one")
        done = client.patch(one, json={"completed": True})
        _expect(done.json().get("completed") is True, f"completing it answers {done}: {done.text}")
        gone = client.delete(one)
        _expect(gone.status_code == httpx.codes.NO_CONTENT, f"removing it answers {gone}")
        end = client.request("DELETE", "/api/user", json={"password": account.password})
        _expect(end.status_code == httpx.codes.NO_CONTENT, f"deleting the user answers {end}: {end.text}")
    return urls[WEB]


def sign_up(client: httpx.Client, path: str = "/api/users") -> Account:
    """Make a user; the client keeps the session's cookie.

    Raises:
        JourneyError, httpx.HTTPError: as for `use`.
    """
    account = Account(f"rehearsal-{secrets.token_hex(8)}", secrets.token_urlsafe())
    made = client.post(path, json=account.body())
    _expect(made.status_code == httpx.codes.CREATED, f"signing up answers {made}: {made.text}")
    return account


def begin_session(url: str, path: str = "/api/users") -> dict[str, str]:
    """Make a user at a URL; returns the cookies of their session.

    Raises:
        JourneyError, httpx.HTTPError: as for `use`.
    """
    with _open_client(url) as client:
        sign_up(client, path)
        return dict(client.cookies)


def add_todo(urls: Mapping[str, str]) -> tuple[Account, str]:
    """Add a todo, and return the user whose it is, and its id.

    Raises:
        JourneyError, httpx.HTTPError: as for `use`.
    """
    with _open_client(urls[WEB]) as client:
        return sign_up(client), _add_todo(client, "rehearse a loss")


def has_todo(urls: Mapping[str, str], account: Account, identity: str) -> bool:
    """Whether a user, who signs in again, has a todo of that id.

    Raises:
        httpx.HTTPError: no answer.
    """
    with sign_in(urls[WEB], account) as client:
        return client.get(f"/api/todos/{identity}").status_code == httpx.codes.OK


@contextmanager
def sign_in(url: str, account: Account) -> Iterator[httpx.Client]:
    """Yield a client with a new session of a user.

    Raises:
        JourneyError, httpx.HTTPError: as for `use`.
    """
    with _open_client(url) as client:
        answer = client.post("/api/session", json=account.body())
        _expect(answer.status_code == httpx.codes.CREATED, f"signing in answers {answer}: {answer.text}")
        yield client


def read_status(url: str) -> int:
    """The status that a URL answers.

    Raises:
        httpx.HTTPError: no answer.
    """
    with _open_client() as client:
        return client.get(url).status_code


def host_of(url: str) -> str:
    """The host name in a URL."""
    return str(urlsplit(url).hostname)


def host_matches(host: str, names: list[str]) -> bool:
    """Whether a certificate's names cover a host."""
    _, _, parent = host.partition(".")
    return host in names or f"*.{parent}" in names


def read_certificate(host: str) -> bytes:
    """The certificate that a host serves, as DER, once it is verified."""
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, 443), timeout=REQUEST_SECONDS) as connection,
        context.wrap_socket(connection, server_hostname=host) as secured,
    ):
        return secured.getpeercert(binary_form=True) or b""


def _open_client(url: str = "") -> httpx.Client:
    return httpx.Client(base_url=url, timeout=REQUEST_SECONDS, verify=ssl.create_default_context())


def _add_todo(client: httpx.Client, title: str) -> str:
    todo = client.post("/api/todos", json={"title": title})
    _expect(todo.status_code == httpx.codes.CREATED, f"adding a todo answers {todo}: {todo.text}")
    return str(todo.json()["id"])


def _redirects(client: httpx.Client, url: str) -> None:
    plain = client.get(f"http://{host_of(url)}/", follow_redirects=False)
    location = plain.headers.get("location", "")
    _expect(plain.is_redirect and location.startswith("https://"), f"plain HTTP answers {plain} {location}")


def _expect(condition: bool, message: str) -> None:
    if not condition:
        raise JourneyError(message)
