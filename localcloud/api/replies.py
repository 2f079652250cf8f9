"""How the API answers: envelopes, pages and errors."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from fastapi import Request

LARGEST_PAGE = 200
DEFAULT_PAGE = 20
IDS = {
    400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    409: "conflict", 412: "precondition_failed", 422: "unprocessable_entity", 429: "too_many_requests",
    500: "server_error", 501: "not_implemented", 503: "service_unavailable",
}  # fmt: skip


class ApiError(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}

    def body(self, request_id: str) -> dict[str, str]:
        return {"id": IDS.get(self.status, "error"), "message": self.message, "request_id": request_id}


def not_found() -> ApiError:
    return ApiError(404, "The resource you were accessing could not be found.")


def page(request: Request, key: str, items: Sequence[Any]) -> dict[str, Any]:
    """One page of a list, with absolute links to its neighbours.

    Raises:
        ApiError: `page` or `per_page` is no positive number.
    """
    number, size = _positive(request, "page", 1), _positive(request, "per_page", DEFAULT_PAGE)
    size = min(size, LARGEST_PAGE)
    last = max(1, -(-len(items) // size))
    neighbours = {"first": 1, "prev": number - 1} if number > 1 else {}
    neighbours |= {"next": number + 1, "last": last} if number < last else {}
    links = {name: str(request.url.include_query_params(page=at)) for name, at in neighbours.items()}
    return {
        key: list(items[(number - 1) * size : number * size]),
        "links": {"pages": links} if links else {},
        "meta": {"total": len(items)},
    }


def now() -> str:
    """RFC 3339 with its zone: the provider refuses a time without one."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_id() -> str:
    return str(uuid.uuid4())


async def json_body(request: Request) -> dict[str, Any]:
    """The request's JSON object; an empty body is an empty object.

    Raises:
        ApiError: it is not a JSON object.
    """
    if not await request.body():
        return {}
    try:
        body = await request.json()
    except ValueError:
        raise ApiError(400, "Unable to parse JSON.") from None
    if not isinstance(body, dict):
        raise ApiError(400, "The request body must be a JSON object.")
    return body


def require_fields(body: dict[str, Any], *names: str) -> None:
    """Refuse a body without these fields.

    Raises:
        ApiError: one is missing or empty.
    """
    for name in names:
        if body.get(name) in (None, "", []):
            raise ApiError(422, f"{name} is required.")


def _positive(request: Request, name: str, otherwise: int) -> int:
    text = request.query_params.get(name, str(otherwise))
    if not text.isdigit() or int(text) == 0:
        raise ApiError(400, f"{name} must be a positive number.")
    return int(text)
