"""The cookie that carries a session's token.

Scripts cannot read it, and no other site can send it. Over HTTPS its name has the prefix `__Host-`: browsers accept
it only from this host, so that another host of the domain cannot set it (RFC 6265bis, section 4.1.3).
"""

from __future__ import annotations

from fastapi import Request, Response

NAME = "session"
SECURE_NAME = f"__Host-{NAME}"


def cookie_name(request: Request) -> str:
    """The cookie's name for the client's scheme: over HTTPS, a plain cookie is ignored."""
    return SECURE_NAME if _is_secure(request) else NAME


def read_session(request: Request) -> str | None:
    """Read the token from a request's cookie; None if there is none."""
    return request.cookies.get(cookie_name(request)) or None


def set_session(request: Request, response: Response, token: str, seconds: int) -> None:
    """Set the cookie with a token, which expires after `seconds`."""
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=seconds,
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="strict",
    )


def remove_session(request: Request, response: Response) -> None:
    """Delete the client's cookie."""
    response.delete_cookie(
        cookie_name(request), path="/", secure=_is_secure(request), httponly=True, samesite="strict"
    )


def _is_secure(request: Request) -> bool:
    return request.url.scheme == "https"
