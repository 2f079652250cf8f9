"""Rulesets of the fake GitHub, for branches and tags."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.responses import JSONResponse

from tests.delivery.fake_github.accounts import Accounts
from tests.delivery.fake_github.reply import invalid, not_found, page


@dataclass
class Rulesets(Accounts):
    """Rulesets, of the repository and of its organization."""

    rulesets: list = field(default_factory=list)

    def get_rulesets(self, request, _):
        inherited = request.query_params.get("includes_parents", "true") == "true"
        return page(
            request,
            [
                {"id": r["id"], "name": r["name"], "source_type": r.get("source_type", "Repository")}
                for r in self.rulesets
                if inherited or r.get("source_type", "Repository") == "Repository"
            ],
        )

    def post_rulesets(self, request, body):
        if refusal := self._refuse_ruleset(body):
            return refusal
        if body["name"] in {rules["name"] for rules in self.rulesets}:
            return invalid("Name must be unique")
        self.rulesets.append({"id": len(self.rulesets) + 1, **body})
        return JSONResponse(self.rulesets[-1], 201)

    def _refuse_ruleset(self, body):
        kinds = [rule["type"] for rule in body["rules"]]
        if len(set(kinds)) < len(kinds):
            return invalid("a kind of rule stands there twice")
        if body["target"] == "tag" and set(kinds) & {"pull_request", "merge_queue"}:
            return invalid("Invalid rule for tags")
        checks = [rule["parameters"] for rule in body["rules"] if rule["type"] == "required_status_checks"]
        apps = {each.get("integration_id") for rule in checks for each in rule["required_status_checks"]}
        if apps - {None, 15368, *self.apps.values()}:
            return invalid("integration_id names no app of this host")
        return None

    def get_rulesets_ruleset(self, request, _):
        if request.path_params["ruleset"] > len(self.rulesets):
            return not_found()
        return JSONResponse(self.rulesets[request.path_params["ruleset"] - 1])

    def put_rulesets_ruleset(self, request, body):
        if refusal := self._refuse_ruleset(body):
            return refusal
        self.rulesets[request.path_params["ruleset"] - 1].update(body)
        return JSONResponse(self.rulesets[request.path_params["ruleset"] - 1])
