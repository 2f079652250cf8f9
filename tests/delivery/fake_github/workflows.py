"""Workflows of the fake GitHub: their runs, jobs, logs and approvals."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.responses import JSONResponse, Response

from tests.delivery.fake_github.reply import not_found, page, redirect_to_storage
from tests.delivery.fake_github.repository import OWNER, SHA, URL

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


@dataclass
class Workflows:
    """Runs of workflows, and what a run may do.

    Attributes:
        jobs: by the id of their run.
        logs: by the id of their job.
    """

    runs: list = field(default_factory=list)
    jobs: dict = field(default_factory=dict)
    logs: dict = field(default_factory=dict)
    workflow_permissions: dict = field(
        default_factory=lambda: {"default_workflow_permissions": "write", "can_approve_pull_request_reviews": True}
    )

    def add_run(self, number=77, **fields):
        run = {
            "id": number,
            "name": "ci",
            "path": ".github/workflows/ci.yml",
            "html_url": f"{URL}/actions/runs/{number}",
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
        url = f"{URL}/actions/runs/{run}/job/{number}"
        steps = [{"name": "Set up job", "conclusion": "success"}, {"name": step, "conclusion": conclusion}]
        job = {"id": number, "name": name, "conclusion": conclusion, "html_url": url, "steps": steps}
        self.jobs.setdefault(run, []).append(job)
        self.logs[number] = log

    def get_actions_runs(self, request, _):
        return page(request, self._runs(request), "workflow_runs")

    def get_actions_workflows_workflow_runs(self, request, _):
        file = request.path_params["workflow"]
        if file.removesuffix(".yml") not in WORKFLOWS:
            return not_found()
        found = [run for run in self._runs(request) if run["path"].endswith(f"/{file}")]
        return page(request, found, "workflow_runs")

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
        return JSONResponse(found[0]) if found else not_found()

    def get_actions_runs_run_jobs(self, request, _):
        return page(request, self.jobs.get(request.path_params["run"], []), "jobs")

    def get_actions_jobs_job_logs(self, request, _):
        number = request.path_params["job"]
        if not self.logs.get(number):
            return not_found()
        return redirect_to_storage(request, f"log/{number}")

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

    def get_actions_permissions_workflow(self, request, _):
        return JSONResponse(self.workflow_permissions)

    def put_actions_permissions_workflow(self, request, body):
        self.workflow_permissions = body
        return Response(status_code=204)
