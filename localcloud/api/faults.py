"""Faults on purpose, and the record of what was asked: the evidence of an offline run."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from fastapi import APIRouter, Request

from localcloud.api.replies import ApiError, json_body, now, require_fields

KEPT = 5000  # requests remembered


class DroppedConnectionError(Exception):
    """The connection is to end without an answer."""


class Faults:
    """The next answers that go wrong.

    Each has a method (`*`: any), the beginning of a path, and either a status or `drop`. It spares the first `after`
    matching requests and spoils the next `times`. With `late` the request is carried out, and only its answer is
    lost, as when a connection breaks before the reply arrives.
    """

    def __init__(self) -> None:
        self._planned: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self.requests: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def record(self, request: Request, status: int) -> None:
        self.requests.append({"at": now(), "method": request.method, "path": request.url.path, "status": status})

    def raise_planned(self, request: Request, *, late: bool = False) -> None:
        """Raise the first fault planned for this request, if there is one.

        Raises:
            ApiError, DroppedConnectionError: the fault.
        """
        with self._lock:
            for fault in self._planned:
                if bool(fault["late"]) is late and _matches(fault, request):
                    if fault["after"] > 0:
                        fault["after"] -= 1
                        continue
                    fault["times"] -= 1
                    if fault["times"] <= 0:
                        self._planned.remove(fault)
                    if fault["drop"]:
                        raise DroppedConnectionError
                    headers = {"Retry-After": "1"} if fault["status"] in {429, 503} else {}
                    raise ApiError(fault["status"], fault["message"], headers)

    def router(self) -> APIRouter:
        routes = APIRouter(prefix="/_emulator")

        @routes.get("/requests")
        async def requests() -> dict[str, Any]:
            return {"requests": list(self.requests)}

        @routes.get("/faults")
        async def index() -> dict[str, Any]:
            return {"faults": self._planned}

        @routes.post("/faults", status_code=201)
        async def plan(request: Request) -> dict[str, Any]:
            body = await json_body(request)
            require_fields(body, "method", "path", *(() if body.get("drop") else ("status",)))
            otherwise = {"times": 1, "after": 0, "drop": False, "late": False, "message": "a fault on purpose"}
            fault = {**otherwise, **body}
            with self._lock:
                self._planned.append(fault)
            return {"fault": fault}

        @routes.delete("/faults", status_code=200)
        async def forget() -> dict[str, Any]:
            with self._lock:
                self._planned.clear()
            return {}

        return routes


def _matches(fault: dict[str, Any], request: Request) -> bool:
    return fault["method"] in {"*", request.method} and request.url.path.startswith(fault["path"])
