"""Artifacts and caches of the fake GitHub."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field

from starlette.responses import Response

from tests.delivery.fake_github.reply import not_found, page, redirect_to_storage


@dataclass
class Storage:
    """Artifacts, which are zip files, and caches."""

    artifacts: list = field(default_factory=list)
    caches: list = field(default_factory=list)

    def add_artifact(
        self, name, files, *, head_repository=1, created="2026-11-20T08:00:00Z", run=80, branch="develop"
    ):
        number = len(self.artifacts) + 1
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for file, text in files.items():
                archive.writestr(file, text)
        self.artifacts.append(
            {
                "id": number,
                "name": name,
                "expired": False,
                "size_in_bytes": len(content.getvalue()),
                "created_at": created,
                "workflow_run": {
                    "id": run,
                    "repository_id": 1,
                    "head_repository_id": head_repository,
                    "head_branch": branch,
                },
                "content": content.getvalue(),
            }
        )

    def add_cache(self, ref, key="packages"):
        size = {"size_in_bytes": 2**20}
        self.caches.append({"id": len(self.caches) + 1, "ref": ref, "key": key, **size})

    def get_actions_artifacts(self, request, _):
        name = request.query_params.get("name")
        found = [a for a in self.artifacts if name in {None, a["name"]}]
        return page(request, [{k: v for k, v in a.items() if k != "content"} for a in found], "artifacts")

    def get_actions_artifacts_artifact_zip(self, request, _):
        return redirect_to_storage(request, f"zip/{request.path_params['artifact']}")

    def delete_actions_artifacts_artifact(self, request, _):
        return self._delete(self.artifacts, request.path_params["artifact"])

    def get_actions_caches(self, request, _):
        return page(request, self.caches, "actions_caches")

    def delete_actions_caches_cache_id(self, request, _):
        return self._delete(self.caches, request.path_params["cache_id"])

    def _delete(self, entries, number):
        found = [each for each in entries if each["id"] == number]
        for each in found:
            entries.remove(each)
        return Response(status_code=204) if found else not_found()
