"""GitHub's REST API as far as delivery asks it. Every request is held against the published description of the API.

The paths, query parameters and bodies allowed are those of githubkit's generated client and models, which are made
from GitHub's own OpenAPI description: a request that this server takes has the published shape.
"""

from __future__ import annotations

import inspect
import io
import re
import zipfile
from dataclasses import dataclass, field

import githubkit_schemas.latest.models as published
from githubkit import GitHub
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

OWNER, NAME = "acme", "todo"
CLIENT = GitHub("x")  # which its operations stop working without
REST = CLIENT.rest
SHA = "f30a5a09a377dcf33a87e52af3a1cb1d0a05a00d"
WORKFLOWS = {
    "ci",
    "cleanup",
    "deploy",
    "drift",
    "perf",
    "preview",
    "preview-environment",
    "preview-prod",
    "rehearse",
    "release",
    "report",
    "rollback",
    "scan",
}
DEPLOYING = ("deploy.yml", "rollback.yml")
KNOWN_RULES = {"required_reviewers", "wait_timer", "branch_policy"}
LONGEST_BODY, LONGEST_TITLE, MOST_REVIEWERS = 65_536, 256, 6
BOT = {"login": "github-actions[bot]", "id": 41898282, "type": "Bot"}
R = "/repos/{owner}/{repo}"
# method, path, the operation that GitHub publishes, the model of its body
OPERATIONS = [
    ("GET", f"{R}/issues", REST.issues.list_for_repo, None),
    ("POST", f"{R}/issues", REST.issues.create, published.ReposOwnerRepoIssuesPostBody),
    ("PATCH", f"{R}/issues/{{number:int}}", REST.issues.update, published.ReposOwnerRepoIssuesIssueNumberPatchBody),
    ("GET", f"{R}/issues/{{number:int}}/comments", REST.issues.list_comments, None),
    (
        "POST",
        f"{R}/issues/{{number:int}}/comments",
        REST.issues.create_comment,
        published.ReposOwnerRepoIssuesIssueNumberCommentsPostBody,
    ),
    (
        "PATCH",
        f"{R}/issues/comments/{{comment:int}}",
        REST.issues.update_comment,
        published.ReposOwnerRepoIssuesCommentsCommentIdPatchBody,
    ),
    ("GET", f"{R}/assignees/{{login}}", REST.issues.check_user_can_be_assigned, None),
    ("GET", f"{R}/pulls", REST.pulls.list, None),
    ("GET", f"{R}/actions/runs", REST.actions.list_workflow_runs_for_repo, None),
    ("GET", f"{R}/actions/workflows/{{workflow}}/runs", REST.actions.list_workflow_runs, None),
    ("GET", f"{R}/actions/runs/{{run:int}}", REST.actions.get_workflow_run, None),
    ("GET", f"{R}/actions/runs/{{run:int}}/jobs", REST.actions.list_jobs_for_workflow_run, None),
    ("GET", f"{R}/actions/jobs/{{job:int}}/logs", REST.actions.download_job_logs_for_workflow_run, None),
    ("GET", f"{R}/actions/artifacts", REST.actions.list_artifacts_for_repo, None),
    ("GET", f"{R}/actions/artifacts/{{artifact:int}}/zip", REST.actions.download_artifact, None),
    ("DELETE", f"{R}/actions/artifacts/{{artifact:int}}", REST.actions.delete_artifact, None),
    ("GET", f"{R}/actions/caches", REST.actions.get_actions_cache_list, None),
    ("DELETE", f"{R}/actions/caches/{{cache_id:int}}", REST.actions.delete_actions_cache_by_id, None),
    ("GET", f"{R}/branches", REST.repos.list_branches, None),
    ("GET", f"{R}/environments/{{environment}}", REST.repos.get_environment, None),
    (
        "PUT",
        f"{R}/environments/{{environment}}",
        REST.repos.create_or_update_environment,
        published.ReposOwnerRepoEnvironmentsEnvironmentNamePutBody,
    ),
    (
        "GET",
        f"{R}/environments/{{environment}}/deployment-branch-policies",
        REST.repos.list_deployment_branch_policies,
        None,
    ),
    (
        "POST",
        f"{R}/environments/{{environment}}/deployment-branch-policies",
        REST.repos.create_deployment_branch_policy,
        published.DeploymentBranchPolicyNamePatternWithType,
    ),
    ("GET", f"{R}/environments/{{environment}}/secrets", REST.actions.list_environment_secrets, None),
    ("GET", f"{R}/environments/{{environment}}/variables", REST.actions.list_environment_variables, None),
    ("GET", f"{R}/rulesets", REST.repos.get_repo_rulesets, None),
    ("POST", f"{R}/rulesets", REST.repos.create_repo_ruleset, published.ReposOwnerRepoRulesetsPostBody),
    ("GET", f"{R}/rulesets/{{ruleset:int}}", REST.repos.get_repo_ruleset, None),
    (
        "PUT",
        f"{R}/rulesets/{{ruleset:int}}",
        REST.repos.update_repo_ruleset,
        published.ReposOwnerRepoRulesetsRulesetIdPutBody,
    ),
    (
        "GET",
        f"{R}/actions/permissions/workflow",
        REST.actions.get_github_actions_default_workflow_permissions_repository,
        None,
    ),
    (
        "PUT",
        f"{R}/actions/permissions/workflow",
        REST.actions.set_github_actions_default_workflow_permissions_repository,
        published.ActionsSetDefaultWorkflowPermissions,
    ),
    ("GET", f"{R}/actions/runs/{{run:int}}/approvals", REST.actions.get_reviews_for_run, None),
    ("GET", f"{R}/actions/runs/{{run:int}}/pending_deployments", REST.actions.get_pending_deployments_for_run, None),
    ("POST", f"{R}/actions/runs/{{run:int}}/cancel", REST.actions.cancel_workflow_run, None),
    ("GET", "/users/{login}", REST.users.get_by_username, None),
    ("GET", "/user", REST.users.get_authenticated, None),
    ("GET", "/apps/{app}", REST.apps.get_by_slug, None),
    ("GET", "/orgs/{org}/teams/{team}", REST.teams.get_by_name, None),
    ("GET", f"{R}/pulls/{{number:int}}", REST.pulls.get, None),
    ("GET", f"{R}/branches/{{branch:path}}", REST.repos.get_branch, None),
    ("GET", f"{R}/commits/{{ref}}/check-runs", REST.checks.list_for_ref, None),
    ("GET", f"{R}/git/ref/{{ref:path}}", REST.git.get_ref, None),
    ("GET", f"{R}/git/tags/{{tag}}", REST.git.get_tag, None),
    ("GET", "/repos/{owner}/{repo}", REST.repos.get, None),
    (
        "DELETE",
        f"{R}/environments/{{environment}}/deployment-branch-policies/{{policy:int}}",
        REST.repos.delete_deployment_branch_policy,
        None,
    ),
]
OWN_PARAMETERS = {"owner", "repo", "headers", "stream", "data", "kwargs"}


@dataclass
class FakeGitHub:
    """The repository acme/todo.

    Attributes:
        unpublished: requests that GitHub would not understand; a fixture fails the test when there are any.
        refused: `(method, part of a path): (status, message)` to answer instead.
        limits: `(status, headers, message)` for the next requests, one each: a rate limit.
        lost: how many of the next writes are done, and answered with 502; loses_each_once: the first of each.
        broken: `part of a path: text` to answer instead of JSON.
        login: of the machine user whose token asks; None: the token of a workflow's run, which may not ask who it is.
        heads: the newest commit of each branch.
        teams: ids by `org/slug`; people are `user<id>`.
        checks: of commits; tags: `name: [object, …]`, an annotated tag has two; locked: numbers of issues.
    """

    issues: list = field(default_factory=list)
    comments: list = field(default_factory=list)
    pulls: list = field(default_factory=list)
    runs: list = field(default_factory=list)
    jobs: dict = field(default_factory=dict)
    logs: dict = field(default_factory=dict)
    artifacts: list = field(default_factory=list)
    caches: list = field(default_factory=list)
    environments: dict = field(default_factory=dict)
    policies: dict = field(default_factory=dict)
    secrets: dict = field(default_factory=dict)
    variables: dict = field(default_factory=dict)
    rulesets: list = field(default_factory=list)
    workflow_permissions: dict = field(
        default_factory=lambda: {"default_workflow_permissions": "write", "can_approve_pull_request_reviews": True}
    )
    strangers: set = field(default_factory=set)
    limits: list = field(default_factory=list)
    lost: int = 0
    loses_each_once: bool = False
    sent_before: set = field(default_factory=set)
    broken: dict = field(default_factory=dict)
    login: str | None = "acme-ci"
    heads: dict = field(default_factory=lambda: {"main": "a" * 40, "develop": "b" * 40})
    teams: dict = field(default_factory=lambda: {"acme/ops": 4})
    apps: dict = field(default_factory=lambda: {"github-actions": 99})
    checks: list = field(default_factory=list)
    tags: dict = field(default_factory=dict)
    default_branch: str = "main"
    locked: set = field(default_factory=set)
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

    def add_issue(self, **fields):
        number = len(self.issues) + 1
        issue = {"number": number, "state": "open", "html_url": f"https://github.com/{OWNER}/{NAME}/issues/{number}"}
        self.issues.append({**issue, "labels": [], "assignees": [], "title": "", "body": "", **fields})
        return self.issues[-1]

    def add_pull(self, number=5, branch="fix", sha=SHA, **fields):
        pull = {"number": number, "state": "open", "head": {"label": f"{OWNER}:{branch}", "ref": branch, "sha": sha}}
        url = f"https://github.com/{OWNER}/{NAME}/pull/{number}"
        self.pulls.append({**pull, "html_url": url, "user": {"login": "ada", "type": "User"}, **fields})
        return self.pulls[-1]

    def add_check(self, sha=SHA, name="required-checks", conclusion="success", app="github-actions", **fields):
        number = 500 + len(self.checks)
        check = {"id": number, "name": name, "head_sha": sha, "status": "completed", "conclusion": conclusion}
        url = f"https://github.com/{OWNER}/{NAME}/actions/runs/1/job/{number}"
        started = f"2026-11-20T07:{len(self.checks) // 60:02}:{len(self.checks) % 60:02}Z"
        self.checks.append(
            {**check, "html_url": url, "started_at": started, "app": {"id": 15368, "slug": app}, **fields}
        )
        return self.checks[-1]

    def add_tag(self, name, sha, annotation=None):
        objects = [{"sha": annotation, "type": "tag"}] if annotation else []
        self.tags[name] = [*objects, {"sha": sha, "type": "commit"}]

    def add_comment(self, number, body, user=BOT):
        made = len(self.comments) + 1
        url = f"https://github.com/{OWNER}/{NAME}/pull/{number}#issuecomment-{made}"
        self.comments.append({"id": made, "number": number, "body": body, "user": user, "html_url": url})
        return self.comments[-1]

    def add_run(self, number=77, **fields):
        run = {
            "id": number,
            "name": "ci",
            "path": ".github/workflows/ci.yml",
            "html_url": f"https://github.com/{OWNER}/{NAME}/actions/runs/{number}",
            "display_title": "a change",
            "event": "workflow_dispatch" if fields.get("path", "").endswith(DEPLOYING) else "push",
            "status": "completed",
            "conclusion": "failure",
            "head_branch": "develop",
            "head_sha": SHA,
            "run_number": number,
            "run_attempt": 1,
            "workflow_id": 1,
            "created_at": "2026-11-20T06:58:00Z",
            "run_started_at": "2026-11-20T06:59:00Z",
            "actor": {"login": "ada", "type": "User"},
            "head_commit": {"author": {"name": "Ada"}},
            "head_repository": {"owner": {"login": OWNER}},
        }
        self.runs.append({**run, **fields})
        return self.runs[-1]

    def add_job(self, run, name, conclusion, log="", step="Run make lint"):
        number = 1000 + sum(map(len, self.jobs.values()))
        url = f"https://github.com/{OWNER}/{NAME}/actions/runs/{run}/job/{number}"
        steps = [{"name": "Set up job", "conclusion": "success"}, {"name": step, "conclusion": conclusion}]
        job = {"id": number, "name": name, "conclusion": conclusion, "html_url": url, "steps": steps}
        self.jobs.setdefault(run, []).append(job)
        self.logs[number] = log

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

    def _endpoint(self, path, call, model):
        async def endpoint(request: Request) -> Response:
            body = await request.json() if await request.body() else None
            self.calls.append((request.method, request.url.path, body))
            self._hold_against_the_description(request, call, model, body)
            if self.limits:
                status, headers, message = self.limits.pop(0)
                return JSONResponse({"message": message}, status, headers)
            for part, text in self.broken.items():
                if part in request.url.path:
                    return Response(text, media_type="application/json")
            for (method, part), (status, message) in self.refused.items():
                if request.method == method and part in request.url.path:
                    return JSONResponse({"message": message}, status)
            if request.headers.get("authorization") != "token gh-token" and (
                request.headers.get("authorization") != "Bearer gh-token"
            ):
                return JSONResponse({"message": "Bad credentials"}, 401)
            name = re.sub(r"[^a-z]+", "_", path.replace(R, "").replace(":int", "").lower()).strip("_")
            answer = getattr(self, f"{request.method.lower()}_{name}")(request, body)
            key = f"{request.method} {path} {body}"
            if request.method != "GET" and (self.lost or (self.loses_each_once and key not in self.sent_before)):
                self.lost = max(0, self.lost - 1)
                self.sent_before.add(key)
                return Response("<html>Bad Gateway</html>", 502)
            return answer

        return endpoint

    def _hold_against_the_description(self, request, call, model, body):
        allowed = (
            {name.rstrip("_") for name in inspect.signature(call).parameters}
            - OWN_PARAMETERS
            - set(request.path_params)
        )
        for name in request.query_params:
            if name not in allowed:
                self.unpublished.append(f"{request.method} {request.url.path}: no query parameter {name}")
        if model is None:
            if body is not None:
                self.unpublished.append(f"{request.method} {request.url.path} takes no body")
            return
        try:
            model.model_validate(body)
        except ValueError as error:
            self.unpublished.append(f"{request.method} {request.url.path}: {error}")
        known = {field.alias or name for name, field in model.model_fields.items()}
        if more := set(body or {}) - known:
            self.unpublished.append(f"{request.method} {request.url.path}: {sorted(more)} not in the published body")

    async def _unknown(self, request):
        self.unpublished.append(f"{request.method} {request.url.path}")
        return JSONResponse({"message": "Not Found"}, 404)

    async def _blob(self, request):
        kind, _, number = request.path_params["path"].partition("/")
        if request.headers.get("authorization"):
            self.unpublished.append("the token was sent on to the storage of logs and artifacts")
        if kind == "log":
            return PlainTextResponse(self.logs[int(number)])
        return Response(next(each["content"] for each in self.artifacts if each["id"] == int(number)))

    def _page(self, request, entries, key=None, most=100):
        page = int(request.query_params.get("page", 1))
        size = min(most, int(request.query_params.get("per_page", 30)))
        some = entries[(page - 1) * size : page * size]
        following = request.url.include_query_params(page=page + 1)
        headers = {"link": f'<{following}>; rel="next"'} if page * size < len(entries) else {}
        return JSONResponse(some if key is None else {"total_count": len(entries), key: some}, headers=headers)

    def _invalid(self, message):
        return JSONResponse({"message": "Validation Failed", "errors": [{"message": message}]}, 422)

    def _not_found(self):
        return JSONResponse({"message": "Not Found"}, 404)

    def _too_long(self, body):
        if len(body.get("title") or "") > LONGEST_TITLE:
            return self._invalid(f"title is too long (maximum is {LONGEST_TITLE} characters)")
        if len(body.get("body") or "") > LONGEST_BODY:
            return self._invalid(f"body is too long (maximum is {LONGEST_BODY} characters)")
        return None

    def get_issues(self, request, _):
        query = request.query_params
        found = [
            issue
            for issue in self.issues
            if issue["state"] == query["state"] and query.get("labels") in (None, *issue["labels"])
        ]
        return self._page(request, found)

    def post_issues(self, request, body):
        if body.get("assignees") and set(body["assignees"]) & self.strangers:
            return JSONResponse({"message": "Validation Failed"}, 422)
        return self._too_long(body) or JSONResponse(self.add_issue(**body), 201)

    def patch_issues_number(self, request, body):
        if not 0 < request.path_params["number"] <= len(self.issues):
            return self._not_found()
        if refusal := self._too_long(body):
            return refusal
        issue = self.issues[request.path_params["number"] - 1]
        issue.update(body)
        return JSONResponse(issue)

    def get_issues_number_comments(self, request, _):
        return self._page(request, [c for c in self.comments if c["number"] == request.path_params["number"]])

    def post_issues_number_comments(self, request, body):
        number = request.path_params["number"]
        if number in self.locked:
            return JSONResponse({"message": "Unable to create comment because issue is locked."}, 403)
        user = BOT if self.login is None else {"login": self.login, "id": 5, "type": "User"}
        return self._too_long(body) or JSONResponse(self.add_comment(number, body["body"], user), 201)

    def patch_issues_comments_comment(self, request, body):
        if refusal := self._too_long(body):
            return refusal
        comment = self.comments[request.path_params["comment"] - 1]
        comment.update(body)
        return JSONResponse(comment)

    def get_assignees_login(self, request, _):
        return Response(status_code=404 if request.path_params["login"] in self.strangers else 204)

    def get_pulls(self, request, _):
        head = request.query_params.get("head")
        state = request.query_params.get("state", "open")
        pulls = [pull for pull in self.pulls if state in {"all", pull["state"]}]
        return self._page(request, [p for p in pulls if head is None or p["head"]["label"] == head])

    def get_pulls_number(self, request, _):
        found = [pull for pull in self.pulls if pull["number"] == request.path_params["number"]]
        return JSONResponse(found[0]) if found else self._not_found()

    def get_branches_branch_path(self, request, _):
        name = request.path_params["branch"]
        if name not in self.heads:
            return JSONResponse({"message": "Branch not found"}, 404)
        return JSONResponse({"name": name, "commit": {"sha": self.heads[name]}})

    def get_actions_runs(self, request, _):
        return self._page(request, self._runs(request), "workflow_runs")

    def get_actions_workflows_workflow_runs(self, request, _):
        file = request.path_params["workflow"]
        if file.removesuffix(".yml") not in WORKFLOWS:
            return self._not_found()
        found = [run for run in self._runs(request) if run["path"].endswith(f"/{file}")]
        return self._page(request, found, "workflow_runs")

    def _runs(self, request):
        query = request.query_params
        found = [
            run
            for run in self.runs
            if query.get("status") in {None, run["status"], run["conclusion"]}
            and query.get("branch") in {None, run["head_branch"]}
            and query.get("event") in {None, run["event"]}
        ]
        return sorted(found, key=lambda run: run["id"], reverse=True)

    def get_actions_runs_run(self, request, _):
        found = [run for run in self.runs if run["id"] == request.path_params["run"]]
        return JSONResponse(found[0]) if found else self._not_found()

    def get_commits_ref_check_runs(self, request, _):
        sha, query = request.path_params["ref"], request.query_params
        found = [check for check in self.checks if check["head_sha"] == sha]
        if query.get("filter", "latest") == "latest":
            found = list({(check["name"], check["app"]["slug"]): check for check in found}.values())
        return self._page(request, found, "check_runs")

    def get_git_ref_ref_path(self, request, _):
        name = request.path_params["ref"].removeprefix("tags/")
        if name not in self.tags:
            return self._not_found()
        return JSONResponse({"ref": f"refs/tags/{name}", "object": self.tags[name][0]})

    def get_git_tags_tag(self, request, _):
        for objects in self.tags.values():
            if objects[0]["sha"] == request.path_params["tag"] and objects[0]["type"] == "tag":
                return JSONResponse({"tag": "", "object": objects[1]})
        return self._not_found()

    def get_actions_runs_run_jobs(self, request, _):
        return self._page(request, self.jobs.get(request.path_params["run"], []), "jobs")

    def get_actions_jobs_job_logs(self, request, _):
        number = request.path_params["job"]
        if not self.logs.get(number):
            return JSONResponse({"message": "Not Found"}, 404)
        return self._elsewhere(request, f"log/{number}")

    def _elsewhere(self, request, path):
        # As GitHub does: to another host, where the token has no business.
        base = str(request.base_url).replace("127.0.0.1", "localhost")
        return RedirectResponse(f"{base}blob/{path}", 302)

    def get_actions_artifacts(self, request, _):
        name = request.query_params.get("name")
        found = [a for a in self.artifacts if name in {None, a["name"]}]
        return self._page(request, [{k: v for k, v in a.items() if k != "content"} for a in found], "artifacts")

    def delete_actions_artifacts_artifact(self, request, _):
        return self._delete(self.artifacts, request.path_params["artifact"])

    def get_actions_caches(self, request, _):
        return self._page(request, self.caches, "actions_caches")

    def delete_actions_caches_cache_id(self, request, _):
        return self._delete(self.caches, request.path_params["cache_id"])

    def _delete(self, entries, number):
        found = [each for each in entries if each["id"] == number]
        for each in found:
            entries.remove(each)
        return Response(status_code=204) if found else self._not_found()

    def get_branches(self, request, _):
        return self._page(request, [{"name": name, "commit": {"sha": sha}} for name, sha in self.heads.items()])

    def get_actions_artifacts_artifact_zip(self, request, _):
        return self._elsewhere(request, f"zip/{request.path_params['artifact']}")

    def get_environments_environment(self, request, _):
        name = request.path_params["environment"]
        if name not in self.environments:
            return JSONResponse({"message": "Not Found"}, 404)
        return JSONResponse(self.environments[name])

    def put_environments_environment(self, request, body):
        """As GitHub does: what the request leaves out is taken away."""
        reviewers = body.get("reviewers") or []
        teams = {number: slug.partition("/")[2] for slug, number in self.teams.items()}
        if len(reviewers) > MOST_REVIEWERS or any(r["type"] == "Team" and r["id"] not in teams for r in reviewers):
            return self._invalid("reviewers are too many, or unknown")
        if not 0 <= (body.get("wait_timer") or 0) <= 43_200:
            return self._invalid("wait_timer")
        policy = body.get("deployment_branch_policy")
        if policy and policy["protected_branches"] == policy["custom_branch_policies"]:
            return self._invalid("protected_branches and custom_branch_policies cannot have the same value")
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
        return self._page(request, self.policies.get(request.path_params["environment"], []), "branch_policies")

    def post_environments_environment_deployment_branch_policies(self, request, body):
        name = request.path_params["environment"]
        policy = self.environments.get(name, {}).get("deployment_branch_policy") or {}
        if not policy.get("custom_branch_policies"):
            return self._not_found()
        policies = self.policies.setdefault(name, [])
        if any((each["name"], each["type"]) == (body["name"], body["type"]) for each in policies):
            return JSONResponse({"message": "Branch policy already exists"}, 303)
        policies.append({"id": 1 + max((each["id"] for each in policies), default=0), **body})
        return JSONResponse(policies[-1])

    def delete_environments_environment_deployment_branch_policies_policy(self, request, _):
        policies = self.policies.get(request.path_params["environment"], [])
        found = [each for each in policies if each["id"] == request.path_params["policy"]]
        if not found:
            return self._not_found()
        policies.remove(found[0])
        return Response(status_code=204)

    def get_environments_environment_secrets(self, request, _):
        return self._names(request, self.secrets, "secrets", 100)

    def get_environments_environment_variables(self, request, _):
        return self._names(request, self.variables, "variables", 30)

    def _names(self, request, values, key, most):
        name = request.path_params["environment"]
        if name not in self.environments:
            return self._not_found()
        return self._page(request, [{"name": each, "value": "x"} for each in values.get(name, [])], key, most)

    def get_rulesets(self, request, _):
        inherited = request.query_params.get("includes_parents", "true") == "true"
        return self._page(
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
            return self._invalid("Name must be unique")
        self.rulesets.append({"id": len(self.rulesets) + 1, **body})
        return JSONResponse(self.rulesets[-1], 201)

    def _refuse_ruleset(self, body):
        kinds = [rule["type"] for rule in body["rules"]]
        if len(set(kinds)) < len(kinds):
            return self._invalid("a kind of rule stands there twice")
        if body["target"] == "tag" and set(kinds) & {"pull_request", "merge_queue"}:
            return self._invalid("Invalid rule for tags")
        checks = [rule["parameters"] for rule in body["rules"] if rule["type"] == "required_status_checks"]
        apps = {each.get("integration_id") for rule in checks for each in rule["required_status_checks"]}
        if apps - {None, 15368, *self.apps.values()}:
            return self._invalid("integration_id names no app of this host")
        return None

    def get_rulesets_ruleset(self, request, _):
        if request.path_params["ruleset"] > len(self.rulesets):
            return self._not_found()
        return JSONResponse(self.rulesets[request.path_params["ruleset"] - 1])

    def put_rulesets_ruleset(self, request, body):
        if refusal := self._refuse_ruleset(body):
            return refusal
        self.rulesets[request.path_params["ruleset"] - 1].update(body)
        return JSONResponse(self.rulesets[request.path_params["ruleset"] - 1])

    def get_actions_permissions_workflow(self, request, _):
        return JSONResponse(self.workflow_permissions)

    def put_actions_permissions_workflow(self, request, body):
        self.workflow_permissions = body
        return Response(status_code=204)

    def get_actions_runs_run_approvals(self, request, _):
        return JSONResponse(self._run(request).get("approvals", []))

    def get_actions_runs_run_pending_deployments(self, request, _):
        run = self._run(request)
        pending = run.get("waits_for", []) if run["status"] == "waiting" else []
        return JSONResponse([{"environment": {"id": 1, "name": name}} for name in pending])

    def post_actions_runs_run_cancel(self, request, _):
        run = self._run(request)
        if run["status"] == "completed":
            return JSONResponse({"message": "Cannot cancel a workflow run that is completed."}, 409)
        run.update(status="completed", conclusion="cancelled")
        return JSONResponse({}, 202)

    def _run(self, request):
        return next(run for run in self.runs if run["id"] == request.path_params["run"])

    def get_users_login(self, request, _):
        login = request.path_params["login"]
        if not re.fullmatch(r"user\d+", login):
            return self._not_found()
        return JSONResponse({"id": int(login.removeprefix("user")), "login": login, "type": "User"})

    def get_(self, _, __):
        return JSONResponse({"full_name": f"{OWNER}/{NAME}", "default_branch": self.default_branch})

    def get_user(self, request, _):
        if self.login is None:
            return JSONResponse({"message": "Resource not accessible by integration"}, 403)
        return JSONResponse({"id": 5, "login": self.login, "type": "User"})

    def get_apps_app(self, request, _):
        name = request.path_params["app"]
        return JSONResponse({"id": self.apps[name], "slug": name}) if name in self.apps else self._not_found()

    def get_orgs_org_teams_team(self, request, _):
        name = f"{request.path_params['org']}/{request.path_params['team']}"
        if name not in self.teams:
            return self._not_found()
        return JSONResponse({"id": self.teams[name], "slug": request.path_params["team"]})
