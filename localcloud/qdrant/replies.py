"""How the API answers, and how it reads what was sent."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic_core import from_json
from starlette.concurrency import run_in_threadpool

LARGEST_BODY = 32 * 1024 * 1024  # bytes; Qdrant's own default


class QdrantError(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def response(self, seconds: float = 0.0) -> JSONResponse:
        return JSONResponse({"status": {"error": self.message}, "time": seconds}, self.status)


def malformed(message: str) -> QdrantError:
    """What was sent does not have the form it must have."""
    return QdrantError(400, f"Format error in JSON body: {message}")


def wrong(message: str) -> QdrantError:
    """What was sent has the right form and cannot be done."""
    return QdrantError(400, f"Wrong input: {message}")


def not_offered(what: str) -> QdrantError:
    return QdrantError(501, f"{what} is not offered by this stand-in for Qdrant")


async def answer(request: Request, work: Callable[[Any], Any]) -> JSONResponse:
    """Do the work in a thread, with the request's JSON, and put its result into Qdrant's envelope.

    Raises:
        QdrantError: the body is too large or no JSON, or what the work raises.
    """
    started = time.perf_counter()
    raw = await _body(request)

    def respond() -> JSONResponse:
        try:
            result = work(_parsed(raw))
        except QdrantError as error:
            return error.response(time.perf_counter() - started)
        return JSONResponse({"result": result, "status": "ok", "time": time.perf_counter() - started})

    return await run_in_threadpool(respond)


def taken(value: Any, where: str, *, needs: tuple[str, ...] = (), may: tuple[str, ...] = ()) -> dict[str, Any]:
    """The fields of a JSON object that are not null.

    Args:
        value: what should be the object.
        where: what the object is, for the message.
        needs: names that must be there.
        may: names that may be there.

    Raises:
        QdrantError: 400 when it is no object or lacks a field, 501 when it has a field that is not offered.
    """
    if not isinstance(value, dict):
        raise malformed(f"{where} must be a JSON object")
    present = {name: held for name, held in value.items() if held is not None}
    for name in needs:
        if name not in present:
            raise malformed(f"missing field `{name}` of {where}")
    for name in present:
        if name not in needs and name not in may:
            raise not_offered(f"`{name}` of {where}")
    return present


def whole(value: Any, where: str, *, least: int = 0, most: int = 2**32 - 1) -> int:
    """A whole number between two bounds.

    Raises:
        QdrantError: 400 when it is none, 422 when it is too small or too large.
    """
    if type(value) is not int:
        raise malformed(f"{where} must be a whole number")
    if value < least:
        raise QdrantError(
            422, f"Validation error in JSON body: [{where}: value {value} invalid, must be {least} or larger]"
        )
    if value > most:
        raise QdrantError(
            422, f"Validation error in JSON body: [{where}: value {value} invalid, must be {most} or less]"
        )
    return value


def of_type(value: Any, kind: type, where: str) -> Any:
    """The value, when it is of that JSON type.

    Raises:
        QdrantError: 400.
    """
    if type(value) is not kind:
        raise malformed(f"{where} must be of type {kind.__name__}")
    return value


def waits(request: Request) -> bool:
    """Whether the caller wants the write to be on disk before the answer; the API's default is no.

    Raises:
        QdrantError: 400.
    """
    text = request.query_params.get("wait", "false")
    if text not in {"true", "false"}:
        raise QdrantError(400, f"Invalid query parameter: wait must be true or false, not {text}")
    return text == "true"


async def _body(request: Request) -> bytes:
    held = bytearray()
    async for chunk in request.stream():
        held += chunk
        if len(held) > LARGEST_BODY:
            raise QdrantError(413, f"JSON payload is larger than allowed (limit: {LARGEST_BODY} bytes)")
    return bytes(held)


def _parsed(raw: bytes) -> Any:
    """JSON; unlike the standard library's reader, this one refuses numbers and strings that JSON does not have."""
    if not raw:
        return {}
    try:
        return from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        raise malformed(str(error)) from None
