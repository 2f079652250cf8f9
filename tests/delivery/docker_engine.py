"""A Docker Engine as far as a journey asks one: images, and containers whose ends a test chooses.

tests/cluster has the same with a real one, and the services' own images.
"""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

STDOUT = 1


@dataclass
class DockerEngine:
    """Notes what it is asked.

    Attributes:
        images: what it holds; everything else can be pulled, unless `registry` says what went wrong.
        status: the exit status of every command; None: it never ends.
        refusal: why no container starts.
    """

    images: set = field(default_factory=set)
    registry: str = ""
    status: int | None = 0
    output: str = ""
    refusal: str = ""
    url: str = ""
    pulled: list = field(default_factory=list)
    created: list = field(default_factory=list)
    left: set = field(default_factory=set)

    def app(self):
        api = "/v{version}"
        return Starlette(
            routes=[
                Route("/version", lambda _: JSONResponse({"ApiVersion": "1.44"})),
                Route(f"{api}/images/{{name:path}}/json", self._image),
                Route(f"{api}/images/create", self._pull, methods=["POST"]),
                Route(f"{api}/containers/create", self._create, methods=["POST"]),
                Route(f"{api}/containers/{{id}}/start", self._start, methods=["POST"]),
                Route(f"{api}/containers/{{id}}/json", self._inspect),
                Route(f"{api}/containers/{{id}}/logs", self._logs),
                Route(f"{api}/containers/{{id}}", self._remove, methods=["DELETE"]),
            ]
        )

    @property
    def host(self):
        """As DOCKER_HOST says it."""
        return self.url.replace("http://", "tcp://")

    def _image(self, request):
        name = request.path_params["name"]
        if name in self.images:
            return JSONResponse({"Id": "sha256:1", "Config": {}})
        return JSONResponse({"message": f"No such image: {name}"}, 404)

    def _pull(self, request):
        if self.registry:
            return JSONResponse({"message": self.registry}, 500)
        image, tag = request.query_params["fromImage"], request.query_params["tag"]
        name = f"{image}@{tag}" if tag.startswith("sha256:") else f"{image}:{tag}"
        login = request.headers.get("x-registry-auth")
        self.pulled.append((name, json.loads(base64.urlsafe_b64decode(login)) if login else None))
        self.images.add(name)
        return Response("", media_type="application/json")

    async def _create(self, request):
        self.created.append(await request.json())
        self.left.add("1")
        return JSONResponse({"Id": "1", "Warnings": []}, 201)

    def _start(self, _):
        return JSONResponse({"message": self.refusal}, 400) if self.refusal else Response(status_code=204)

    def _inspect(self, _):
        state = {"Status": "running"} if self.status is None else {"Status": "exited", "ExitCode": self.status}
        return JSONResponse({"Id": "1", "State": state, "Config": {"Tty": False}})

    def _logs(self, _):
        content = self.output.encode()
        frame = struct.pack(">BxxxI", STDOUT, len(content)) + content  # as the API frames what has no terminal
        return Response(frame, media_type="application/octet-stream")

    def _remove(self, request):
        assert request.query_params["force"] in {"1", "True", "true"}
        self.left.discard(request.path_params["id"])
        return Response(status_code=204)
