"""A container registry as far as delivery asks it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass
class Registry:
    """The part of the distribution protocol that tags and digests need.

    Attributes:
        lists_referrers: whether it knows which manifests have another one as their subject; not every registry does.
    """

    manifests: dict = field(default_factory=dict)
    blobs: dict = field(default_factory=dict)
    url: str = ""
    lists_referrers: bool = False

    def app(self):
        path = "/v2/{repository:path}/manifests/{reference}"
        routes = [Route(path, self._get), Route(path, self._put, methods=["PUT"])]
        routes.append(Route("/v2/{repository:path}/blobs/{digest}", self._blob))
        if self.lists_referrers:
            routes.append(Route("/v2/{repository:path}/referrers/{digest}", self._referrers))
        return Starlette(routes=routes)

    @property
    def host(self):
        return self.url.removeprefix("http://")

    def push(self, repository, tag, text=None):
        """Hold an image under a tag; its digest."""
        content = text or json.dumps({"mediaType": "application/vnd.docker.distribution.manifest.v2+json", "of": tag})
        digest = "sha256:" + hashlib.sha256(content.encode()).hexdigest()
        self.manifests[f"{repository}:{tag}"] = self.manifests[f"{repository}:{digest}"] = content
        return digest

    def add_blob(self, content):
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        self.blobs[digest] = content
        return digest

    def _blob(self, request):
        content = self.blobs.get(request.path_params["digest"])
        return Response(status_code=404) if content is None else Response(content)

    def digest(self, repository, tag):
        return "sha256:" + hashlib.sha256(self.manifests[f"{repository}:{tag}"].encode()).hexdigest()

    def _get(self, request):
        text = self.manifests.get("{repository}:{reference}".format(**request.path_params))
        if text is None:
            return JSONResponse({"errors": [{"code": "MANIFEST_UNKNOWN"}]}, 404)
        return Response(text, media_type=json.loads(text)["mediaType"])

    def _referrers(self, request):
        repository, subject = request.path_params["repository"], request.path_params["digest"]
        held = {name.partition(":")[2]: json.loads(text) for name, text in self.manifests.items()
                if name.startswith(f"{repository}:sha256:")}  # fmt: skip
        found = [
            digest for digest, content in held.items() if (content.get("subject") or {}).get("digest") == subject
        ]
        return JSONResponse({"manifests": [{"digest": digest} for digest in found]})

    async def _put(self, request):
        text = (await request.body()).decode()
        self.push(request.path_params["repository"], request.path_params["reference"], text)
        return Response(status_code=201)
