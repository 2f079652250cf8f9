"""Environments of the fake GitHub: protection rules, deployment branch policies, secrets and variables."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.responses import JSONResponse, Response

from tests.delivery.fake_github.accounts import Accounts
from tests.delivery.fake_github.reply import invalid, not_found, page

KNOWN_RULES = {"required_reviewers", "wait_timer", "branch_policy"}
MOST_REVIEWERS = 6


@dataclass
class Environments(Accounts):
    """Environments; their policies, secrets and variables by the name of the environment."""

    environments: dict = field(default_factory=dict)
    policies: dict = field(default_factory=dict)
    secrets: dict = field(default_factory=dict)
    variables: dict = field(default_factory=dict)

    def get_environments_environment(self, request, _):
        name = request.path_params["environment"]
        if name not in self.environments:
            return not_found()
        return JSONResponse(self.environments[name])

    def put_environments_environment(self, request, body):
        """As GitHub does: what the request leaves out is taken away."""
        reviewers = body.get("reviewers") or []
        teams = {number: slug.partition("/")[2] for slug, number in self.teams.items()}
        if len(reviewers) > MOST_REVIEWERS or any(r["type"] == "Team" and r["id"] not in teams for r in reviewers):
            return invalid("reviewers are too many, or unknown")
        if not 0 <= (body.get("wait_timer") or 0) <= 43_200:
            return invalid("wait_timer")
        policy = body.get("deployment_branch_policy")
        if policy and policy["protected_branches"] == policy["custom_branch_policies"]:
            return invalid("protected_branches and custom_branch_policies cannot have the same value")
        rules = [{"id": 1, "type": "branch_policy"}] if policy else []
        if reviewers:
            entries = [
                {"type": "Team", "reviewer": {"slug": teams[r["id"]], "id": r["id"]}}
                if r["type"] == "Team"
                else {"type": "User", "reviewer": {"login": f"user{r['id']}", "id": r["id"]}}
                for r in reviewers
            ]
            alone = bool(body.get("prevent_self_review"))
            rules.append({"type": "required_reviewers", "reviewers": entries, "prevent_self_review": alone})
        if body.get("wait_timer"):
            rules.append({"type": "wait_timer", "wait_timer": body["wait_timer"]})
        name = request.path_params["environment"]
        before = self.environments.get(name, {})
        rules += [rule for rule in before.get("protection_rules", []) if rule["type"] not in KNOWN_RULES]
        if policy != before.get("deployment_branch_policy"):
            self.policies.pop(name, None)
        self.environments[name] = {
            "name": name,
            "protection_rules": rules,
            "deployment_branch_policy": policy,
            "can_admins_bypass": before.get("can_admins_bypass", False),
        }
        return JSONResponse(self.environments[name])

    def get_environments_environment_deployment_branch_policies(self, request, _):
        return page(request, self.policies.get(request.path_params["environment"], []), "branch_policies")

    def post_environments_environment_deployment_branch_policies(self, request, body):
        name = request.path_params["environment"]
        policy = self.environments.get(name, {}).get("deployment_branch_policy") or {}
        if not policy.get("custom_branch_policies"):
            return not_found()
        policies = self.policies.setdefault(name, [])
        if any((each["name"], each["type"]) == (body["name"], body["type"]) for each in policies):
            return JSONResponse({"message": "Branch policy already exists"}, 303)
        policies.append({"id": 1 + max((each["id"] for each in policies), default=0), **body})
        return JSONResponse(policies[-1])

    def delete_environments_environment_deployment_branch_policies_policy(self, request, _):
        policies = self.policies.get(request.path_params["environment"], [])
        found = [each for each in policies if each["id"] == request.path_params["policy"]]
        if not found:
            return not_found()
        policies.remove(found[0])
        return Response(status_code=204)

    def get_environments_environment_secrets(self, request, _):
        return self._names(request, self.secrets, "secrets", 100)

    def get_environments_environment_variables(self, request, _):
        return self._names(request, self.variables, "variables", 30)

    def _names(self, request, values, key, most):
        name = request.path_params["environment"]
        if name not in self.environments:
            return not_found()
        return page(request, [{"name": each, "value": "x"} for each in values.get(name, [])], key, most)
