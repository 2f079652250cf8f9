"""The backend, asked with a user's own session: the chat has no rights of its own."""

from __future__ import annotations

from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from chassis.session_cookie import NAME


class BackendUnavailableError(RuntimeError):
    """The backend does not answer, or not as agreed."""


class NotSignedInError(RuntimeError):
    """The session has ended, or there never was one of that token."""


class BackendRefusedError(RuntimeError):
    """The backend refuses what it is asked: the todo is not there any more, or cannot become what was asked for.

    Attributes:
        status: of its answer, from 400 to 499, and not 401.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status

    @property
    def is_missing(self) -> bool:
        return self.status == HTTPStatus.NOT_FOUND


class Backend:
    """A client of the backend at `url`, for all users; a request takes at most `seconds`."""

    def __init__(self, url: str, seconds: float) -> None:
        # A jar that takes no cookie: what the backend sets for one user would go with the next one's requests.
        jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self._http = httpx.AsyncClient(base_url=url, timeout=seconds, cookies=jar)

    @property
    def http(self) -> httpx.AsyncClient:
        """What its requests go through."""
        return self._http

    async def close(self) -> None:
        await self._http.aclose()

    async def ask(
        self, token: str, method: str, path: str, headers: dict[str, str] | None = None, **options: Any
    ) -> Any:
        """The body of the answer, read as JSON; None where it is empty.

        Args:
            token: of the session; ASCII without `;` and spaces.
            options: as httpx.AsyncClient.request has them, `json` and `params`.

        Raises:
            NotSignedInError: there is no such session.
            BackendRefusedError: it answers 400 to 499.
            BackendUnavailableError: it does not answer, or 500 to 599, or no JSON.
        """
        cookie = {"Cookie": f"{NAME}={token}"}  # over plain HTTP, whatever the user's own browser speaks
        try:
            reply = await self._http.request(method, path, headers={**(headers or {}), **cookie}, **options)
            if reply.status_code == HTTPStatus.UNAUTHORIZED:
                raise NotSignedInError(_detail(reply))
            if reply.is_client_error:
                raise BackendRefusedError(reply.status_code, _detail(reply))
            if not reply.is_success:
                raise BackendUnavailableError(f"{method} {path}: {reply.status_code}")
            return reply.json() if reply.content else None
        except (httpx.HTTPError, ValueError) as error:  # whose words have the query or the body: they are logged
            raise BackendUnavailableError(f"{method} {path}: {type(error).__name__}") from None


def _detail(reply: httpx.Response) -> str:
    """Why the backend refuses, in its own words."""
    try:
        problem = reply.json()
        errors = [f"{each['where'].rpartition('/')[2]}: {each['detail']}" for each in problem.get("errors", [])]
        return "; ".join(errors) or str(problem["detail"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"the backend answered {reply.status_code}"
