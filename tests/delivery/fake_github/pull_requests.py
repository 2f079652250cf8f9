"""Pull requests of the fake GitHub."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.responses import JSONResponse

from tests.delivery.fake_github.reply import not_found, page
from tests.delivery.fake_github.repository import OWNER, SHA, URL


@dataclass
class PullRequests:
    """Pull requests, open and closed."""

    pulls: list = field(default_factory=list)

    def add_pull(self, number=5, branch="fix", sha=SHA, **fields):
        pull = {"number": number, "state": "open", "head": {"label": f"{OWNER}:{branch}", "ref": branch, "sha": sha}}
        url = f"{URL}/pull/{number}"
        self.pulls.append({**pull, "html_url": url, "user": {"login": "ada", "type": "User"}, **fields})
        return self.pulls[-1]

    def get_pulls(self, request, _):
        head = request.query_params.get("head")
        state = request.query_params.get("state", "open")
        pulls = [pull for pull in self.pulls if state in {"all", pull["state"]}]
        return page(request, [p for p in pulls if head is None or p["head"]["label"] == head])

    def get_pulls_number(self, request, _):
        found = [pull for pull in self.pulls if pull["number"] == request.path_params["number"]]
        return JSONResponse(found[0]) if found else not_found()
