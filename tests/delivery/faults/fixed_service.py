"""A service gives every request the same answer, which a test changes."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route


@dataclass
class FixedService:
    """What it answers.

    Attributes:
        content: of the body, in bytes.
    """

    url: str = ""
    content: bytes = b""
    status: int = 200

    def app(self):
        methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
        return Starlette(routes=[Route("/{path:path}", self._answer, methods=methods)])

    def try_answers(self, texts, *, statuses=(200,), ask):
        """Call `ask` with each text and each status as the answer; yields the answer's beginning and the result."""
        for text in texts:
            for status in statuses:
                self.content, self.status = text if isinstance(text, bytes) else text.encode(), status
                yield f"{status} {text[:150]!r}", ask()

    def _answer(self, _):
        return Response(self.content, self.status, media_type="application/json")
