"""Commits of the fake GitHub, with their branches, tags and checks."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.responses import JSONResponse

from tests.delivery.fake_github.reply import not_found, page
from tests.delivery.fake_github.repository import NAME, OWNER, SHA, URL


@dataclass
class Commits:
    """Branches, tags and checks.

    Attributes:
        heads: the newest commit of each branch.
        tags: `name: [object, …]`; an annotated tag has two objects.
    """

    default_branch: str = "main"
    heads: dict = field(default_factory=lambda: {"main": "a" * 40, "develop": "b" * 40})
    tags: dict = field(default_factory=dict)
    checks: list = field(default_factory=list)

    def add_check(self, sha=SHA, name="required-checks", conclusion="success", app="github-actions", **fields):
        number = 500 + len(self.checks)
        check = {"id": number, "name": name, "head_sha": sha, "status": "completed", "conclusion": conclusion}
        url = f"{URL}/actions/runs/1/job/{number}"
        started = f"2026-11-20T07:{len(self.checks) // 60:02}:{len(self.checks) % 60:02}Z"
        self.checks.append(
            {**check, "html_url": url, "started_at": started, "app": {"id": 15368, "slug": app}, **fields}
        )
        return self.checks[-1]

    def add_tag(self, name, sha, annotation=None):
        objects = [{"sha": annotation, "type": "tag"}] if annotation else []
        self.tags[name] = [*objects, {"sha": sha, "type": "commit"}]

    def get_(self, _, __):
        return JSONResponse({"full_name": f"{OWNER}/{NAME}", "default_branch": self.default_branch})

    def get_branches(self, request, _):
        return page(request, [{"name": name, "commit": {"sha": sha}} for name, sha in self.heads.items()])

    def get_branches_branch_path(self, request, _):
        name = request.path_params["branch"]
        if name not in self.heads:
            return JSONResponse({"message": "Branch not found"}, 404)
        return JSONResponse({"name": name, "commit": {"sha": self.heads[name]}})

    def get_git_ref_ref_path(self, request, _):
        name = request.path_params["ref"].removeprefix("tags/")
        if name not in self.tags:
            return not_found()
        return JSONResponse({"ref": f"refs/tags/{name}", "object": self.tags[name][0]})

    def get_git_tags_tag(self, request, _):
        for objects in self.tags.values():
            if objects[0]["sha"] == request.path_params["tag"] and objects[0]["type"] == "tag":
                return JSONResponse({"tag": "", "object": objects[1]})
        return not_found()

    def get_commits_ref_check_runs(self, request, _):
        sha, query = request.path_params["ref"], request.query_params
        found = [check for check in self.checks if check["head_sha"] == sha]
        if query.get("filter", "latest") == "latest":
            found = list({(check["name"], check["app"]["slug"]): check for check in found}.values())
        return page(request, found, "check_runs")
