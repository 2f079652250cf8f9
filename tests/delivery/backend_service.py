"""The fake backend answers users as its release does, whose tag the fake Pulumi writes to a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route


@dataclass
class Service:
    """The backend as users reach it: what it runs is in a file, which the fake Pulumi writes.

    Attributes:
        asked: the headers of each request for `/works`.
    """

    file: Path
    url: str = ""
    unready: set = field(default_factory=set)
    broken: set = field(default_factory=set)
    headers: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)

    def app(self):
        return Starlette(
            routes=[
                Route("/readyz", self._ready),
                Route("/version", self._version),
                Route("/works", self._works),
                Route("/elsewhere", lambda _: RedirectResponse("https://example.com")),
            ]
        )

    @property
    def tag(self):
        return self.file.read_text()

    def _ready(self, _):
        return Response("ok", 503 if self.tag in self.unready else 200, headers=self.headers)

    def _version(self, _):
        return JSONResponse({"service": "backend", "sha": self.tag})

    def _works(self, request):
        self.asked.append(dict(request.headers))
        answer = {"works": self.tag not in self.broken, "depends": {"database": "ok"}, "items": [1, True]}
        return JSONResponse(answer, headers=self.headers)
