"""The fake GitHub serves its repository, and fails where a test asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.delivery.fake_github.commits import Commits
from tests.delivery.fake_github.environments import Environments
from tests.delivery.fake_github.issues import Issues
from tests.delivery.fake_github.operations import OPERATIONS, find_faults, name_method
from tests.delivery.fake_github.pull_requests import PullRequests
from tests.delivery.fake_github.reply import not_found
from tests.delivery.fake_github.rulesets import Rulesets
from tests.delivery.fake_github.storage import Storage
from tests.delivery.fake_github.workflows import Workflows

CREDENTIALS = {"token gh-token", "Bearer gh-token"}


@dataclass
class FakeGitHub(Issues, PullRequests, Commits, Workflows, Storage, Environments, Rulesets):
    """The repository acme/todo.

    Attributes:
        unpublished: requests that GitHub would not understand; a fixture fails the test when there are any.
        refused: `(method, part of a path): (status, message)` to answer instead.
        limits: `(status, headers, message)` for the next requests, one each: a rate limit.
        lost: how many of the next writes are done, and answered with 502; loses_each_once: the first of each.
        broken: `part of a path: text` to answer instead of JSON.
    """

    limits: list = field(default_factory=list)
    lost: int = 0
    loses_each_once: bool = False
    sent_before: set = field(default_factory=set)
    broken: dict = field(default_factory=dict)
    refused: dict = field(default_factory=dict)
    unpublished: list = field(default_factory=list)
    calls: list = field(default_factory=list)

    def app(self):
        return Starlette(
            routes=[
                *(
                    Route(path, self._endpoint(path, call, model), methods=[method])
                    for method, path, call, model in OPERATIONS
                ),
                Route("/blob/{path:path}", self._blob),
                Route("/{path:path}", self._unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
            ]
        )

    def writes(self):
        return [f"{method} {path}" for method, path, _ in self.calls if method != "GET"]

    def _endpoint(self, path, call, model):
        async def endpoint(request: Request) -> Response:
            body = await request.json() if await request.body() else None
            self.calls.append((request.method, request.url.path, body))
            self.unpublished.extend(find_faults(request, call, model, body))
            if refusal := self._refuse(request):
                return refusal
            answer = getattr(self, name_method(request.method, path))(request, body)
            key = f"{request.method} {path} {body}"
            if request.method != "GET" and (self.lost or (self.loses_each_once and key not in self.sent_before)):
                self.lost = max(0, self.lost - 1)
                self.sent_before.add(key)
                return Response("<html>Bad Gateway</html>", 502)
            return answer

        return endpoint

    def _refuse(self, request):
        if self.limits:
            status, headers, message = self.limits.pop(0)
            return JSONResponse({"message": message}, status, headers)
        for part, text in self.broken.items():
            if part in request.url.path:
                return Response(text, media_type="application/json")
        for (method, part), (status, message) in self.refused.items():
            if request.method == method and part in request.url.path:
                return JSONResponse({"message": message}, status)
        if request.headers.get("authorization") not in CREDENTIALS:
            return JSONResponse({"message": "Bad credentials"}, 401)
        return None

    async def _unknown(self, request):
        self.unpublished.append(f"{request.method} {request.url.path}")
        return not_found()

    async def _blob(self, request):
        kind, _, number = request.path_params["path"].partition("/")
        if request.headers.get("authorization"):
            self.unpublished.append("the token was sent on to the storage of logs and artifacts")
        if kind == "log":
            return PlainTextResponse(self.logs[int(number)])
        return Response(next(each["content"] for each in self.artifacts if each["id"] == int(number)))
