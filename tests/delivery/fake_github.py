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
]
RUN_FILTERS = {"status": "status", "branch": "head_branch", "event": "event", "head_sha": "head_sha"}
OWN_PARAMETERS = {"owner", "repo", "headers", "stream", "data", "kwargs"}


@dataclass
class FakeGitHub:
    """The repository acme/todo.

    Attributes:
        unpublished: requests that GitHub would not understand; a fixture fails the test when there are any.
        refused: `(method, part of a path): (status, message)` to answer instead.
    """

    issues: list = field(default_factory=list)
    comments: list = field(default_factory=list)
    pulls: list = field(default_factory=list)
    runs: list = field(default_factory=list)
    jobs: dict = field(default_factory=dict)
    logs: dict = field(default_factory=dict)
    artifacts: list = field(default_factory=list)
    environments: dict = field(default_factory=dict)
    policies: dict = field(default_factory=dict)
    secrets: dict = field(default_factory=dict)
    variables: dict = field(default_factory=dict)
    rulesets: list = field(default_factory=list)
    workflow_permissions: dict = field(
        default_factory=lambda: {"default_workflow_permissions": "write", "can_approve_pull_request_reviews": True}
    )
    strangers: set = field(default_factory=set)
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
        self.issues.append({**issue, "labels": [], "assignees": [], **fields})
        return self.issues[-1]

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
            "event": "push",
            "status": "completed",
            "conclusion": "failure",
            "head_branch": "develop",
            "head_sha": "f30a5a09a377dcf33a87e52af3a1cb1d0a05a00d",
            "run_started_at": "2026-11-20T06:59:00Z",
            "actor": {"login": "ada"},
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

    def _endpoint(self, path, call, model):
        async def endpoint(request: Request) -> Response:
            body = await request.json() if await request.body() else None
            self.calls.append((request.method, request.url.path, body))
            self._hold_against_the_description(request, call, model, body)
            for (method, part), (status, message) in self.refused.items():
                if request.method == method and part in request.url.path:
                    return JSONResponse({"message": message}, status)
            if request.headers.get("authorization") != "token gh-token" and (
                request.headers.get("authorization") != "Bearer gh-token"
            ):
                return JSONResponse({"message": "Bad credentials"}, 401)
            name = re.sub(r"[^a-z]+", "_", path.replace(R, "").replace(":int", "").lower()).strip("_")
            return getattr(self, f"{request.method.lower()}_{name}")(request, body)

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
        return Response(self.artifacts[int(number) - 1]["content"])

    def _page(self, request, entries, key=None):
        page, size = int(request.query_params.get("page", 1)), int(request.query_params.get("per_page", 30))
        some = entries[(page - 1) * size : page * size]
        return JSONResponse(some if key is None else {"total_count": len(entries), key: some})

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
        return JSONResponse(self.add_issue(**body), 201)

    def patch_issues_number(self, request, body):
        issue = self.issues[request.path_params["number"] - 1]
        issue.update(body)
        return JSONResponse(issue)

    def get_issues_number_comments(self, request, _):
        return self._page(request, [c for c in self.comments if c["number"] == request.path_params["number"]])

    def post_issues_number_comments(self, request, body):
        return JSONResponse(self.add_comment(request.path_params["number"], body["body"]), 201)

    def patch_issues_comments_comment(self, request, body):
        comment = self.comments[request.path_params["comment"] - 1]
        comment.update(body)
        return JSONResponse(comment)

    def get_assignees_login(self, request, _):
        return Response(status_code=404 if request.path_params["login"] in self.strangers else 204)

    def get_pulls(self, request, _):
        head = request.query_params.get("head")
        return self._page(request, [p for p in self.pulls if head is None or p["head"]["label"] == head])

    def get_actions_runs(self, request, _):
        status = request.query_params.get("status")
        return self._page(request, [run for run in self.runs if run["status"] == status], "workflow_runs")

    def get_actions_workflows_workflow_runs(self, request, _):
        file, query = request.path_params["workflow"], request.query_params
        wanted = {key: query[name] for name, key in RUN_FILTERS.items() if name in query}
        found = [
            run
            for run in self.runs
            if run["path"].endswith(file) and all(run[key] == value for key, value in wanted.items())
        ]
        return self._page(request, found, "workflow_runs")

    def get_actions_runs_run(self, request, _):
        return JSONResponse(next(run for run in self.runs if run["id"] == request.path_params["run"]))

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
        found = [{k: v for k, v in a.items() if k != "content"} for a in self.artifacts if a["name"] == name]
        return self._page(request, found, "artifacts")

    def get_actions_artifacts_artifact_zip(self, request, _):
        return self._elsewhere(request, f"zip/{request.path_params['artifact']}")

    def get_environments_environment(self, request, _):
        name = request.path_params["environment"]
        if name not in self.environments:
            return JSONResponse({"message": "Not Found"}, 404)
        return JSONResponse(self.environments[name])

    def put_environments_environment(self, request, body):
        rules = []
        if body.get("reviewers"):
            people = [
                {"type": "User", "reviewer": {"login": f"user{r['id']}", "id": r["id"]}} for r in body["reviewers"]
            ]
            rules = [
                {
                    "type": "required_reviewers",
                    "reviewers": people,
                    "prevent_self_review": body["prevent_self_review"],
                }
            ]
        name = request.path_params["environment"]
        self.environments[name] = {
            "name": name,
            "protection_rules": rules,
            "deployment_branch_policy": body["deployment_branch_policy"],
            "can_admins_bypass": False,
        }
        return JSONResponse(self.environments[name])

    def get_environments_environment_deployment_branch_policies(self, request, _):
        return self._page(request, self.policies.get(request.path_params["environment"], []), "branch_policies")

    def post_environments_environment_deployment_branch_policies(self, request, body):
        self.policies.setdefault(request.path_params["environment"], []).append(body)
        return JSONResponse({"id": 1, **body})

    def get_environments_environment_secrets(self, request, _):
        return self._page(
            request, [{"name": n} for n in self.secrets.get(request.path_params["environment"], [])], "secrets"
        )

    def get_environments_environment_variables(self, request, _):
        return self._page(
            request, [{"name": n} for n in self.variables.get(request.path_params["environment"], [])], "variables"
        )

    def get_rulesets(self, request, _):
        return self._page(request, [{"id": r["id"], "name": r["name"]} for r in self.rulesets])

    def post_rulesets(self, request, body):
        self.rulesets.append({"id": len(self.rulesets) + 1, **body})
        return JSONResponse(self.rulesets[-1], 201)

    def get_rulesets_ruleset(self, request, _):
        return JSONResponse(self.rulesets[request.path_params["ruleset"] - 1])

    def put_rulesets_ruleset(self, request, body):
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
        return JSONResponse(
            {"id": int(request.path_params["login"].removeprefix("user")), "login": request.path_params["login"]}
        )
