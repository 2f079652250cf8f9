"""A client of the backend that sends each user's session: the chat has no access rights of its own."""

from __future__ import annotations

from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from chassis.session_cookie import NAME


class BackendUnavailableError(RuntimeError):
    """The backend does not answer, or its answer is invalid."""


class NotSignedInError(RuntimeError):
    """The session has ended, or the token is of no session."""


class BackendRefusedError(RuntimeError):
    """The backend refuses a request: the todo is gone, or the change is not valid.

    Attributes:
        status: of its answer, from 400 to 499, but not 401.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status

    @property
    def is_missing(self) -> bool:
        return self.status == HTTPStatus.NOT_FOUND


class Backend:
    """A client of the backend at `url` for all users; a request takes at most `seconds`."""

    def __init__(self, url: str, seconds: float) -> None:
        # A jar that stores no cookie, or one user's cookie would be sent with the next user's requests.
        jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self._http = httpx.AsyncClient(base_url=url, timeout=seconds, cookies=jar)

    @property
    def http(self) -> httpx.AsyncClient:
        """The HTTP client of its requests."""
        return self._http

    async def close(self) -> None:
        await self._http.aclose()

    async def ask(
        self, token: str, method: str, path: str, headers: dict[str, str] | None = None, **options: Any
    ) -> Any:
        """Send a request; returns the answer's JSON, or None if it is empty.

        Args:
            token: of the session; ASCII without `;` and spaces.
            options: of httpx.AsyncClient.request, such as `json` and `params`.

        Raises:
            NotSignedInError: there is no such session.
            BackendRefusedError: the status is 400 to 499.
            BackendUnavailableError: there is no answer, its status is 500 to 599, or it is not JSON.
        """
        cookie = {"Cookie": f"{NAME}={token}"}  # the name for plain HTTP, whichever scheme the user's browser uses
        try:
            reply = await self._http.request(method, path, headers={**(headers or {}), **cookie}, **options)
            if reply.status_code == HTTPStatus.UNAUTHORIZED:
                raise NotSignedInError(_detail(reply))
            if reply.is_client_error:
                raise BackendRefusedError(reply.status_code, _detail(reply))
            if not reply.is_success:
                raise BackendUnavailableError(f"{method} {path}: {reply.status_code}")
            return reply.json() if reply.content else None
        except (
            httpx.HTTPError,
            ValueError,
        ) as error:  # not its message, which is logged and may have the query or the body
            raise BackendUnavailableError(f"{method} {path}: {type(error).__name__}") from None


def _detail(reply: httpx.Response) -> str:
    """The backend's explanation of an error."""
    try:
        problem = reply.json()
        errors = [f"{each['where'].rpartition('/')[2]}: {each['detail']}" for each in problem.get("errors", [])]
        return "; ".join(errors) or str(problem["detail"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"the backend answered {reply.status_code}"
