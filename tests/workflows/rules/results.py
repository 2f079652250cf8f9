"""Required checks wait for every job, and a failure is reported to somebody."""

from __future__ import annotations


def required_checks_wait_for_every_job(workflows):
    for workflow, check, others in (
        ("ci", "required-checks", set()),
        ("preview", "preview-checks", set()),
        ("rehearse", "rehearsal-checks", set()),
    ):
        job = workflows.job(workflow, check)
        missing = set(workflows.files[workflow]["jobs"]) - {check} - others - set(job.content["needs"])
        yield from (f"{check} does not wait for {name}" for name in missing)
        if job.content.get("if") != "always()":
            yield f"{check} is skipped when a job fails, and a skipped check counts as passed"
        if job.steps[0]["with"]["jobs"] != "${{ toJSON(needs) }}":
            yield f"{check} looks at something else than its jobs"
    skips = workflows.job("ci", "required-checks").steps[0]["with"].get("allowed-skips")
    if skips != "deployment-readiness":
        yield f"required-checks lets {skips} be skipped"


def every_failure_is_reported(workflows):
    for workflow in ("deploy", "rollback"):
        job = workflows.job(workflow, "notify")
        others = set(workflows.files[workflow]["jobs"]) - {"notify"}
        if not job.content["if"].startswith("always()") or set(job.content["needs"]) != others:
            yield f"{workflow}: a failure is not sent to anyone"
    reported = set(workflows.files["report"]["on"]["workflow_run"]["workflows"])
    if missing := set(workflows.files) - reported - {"report", "preview-prod"}:  # a reviewer may turn that one down
        yield f"nobody hears of a failure of {sorted(missing)}"
    for job in ("report", "notify"):
        if "conclusion != 'skipped'" not in workflows.job("report", job).content["if"]:
            yield f"report: {job} does not run"
    if "== 'failure'" in workflows.job("report", "notify").content["if"]:
        yield "a run that was out of time, or could not start, is sent to nobody"


def coverage_is_stored_for_a_week(workflows):
    uploads = [
        step["with"]
        for job in workflows.jobs
        if job.workflow == "ci" and job.name in {"tests", "integration"}
        for step in job.uses("actions/upload-artifact@")
    ]
    if len(uploads) != 2 or any(each["retention-days"] != 7 or each["path"] != "coverage/" for each in uploads):
        yield "the coverage of a suite is not stored for 7 days"
