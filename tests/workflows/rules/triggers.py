"""Only known events start a workflow, and a deploy follows ci or a person."""

from __future__ import annotations

# Which event starts which workflow; a new one is a decision.
TRIGGERS = {
    "ci": {"push", "pull_request", "merge_group"},
    "cleanup": {"schedule", "workflow_dispatch"},
    "deploy": {"workflow_run", "workflow_dispatch"},
    "drift": {"schedule", "workflow_dispatch"},
    "perf": {"schedule", "workflow_dispatch"},
    "preview": {"pull_request", "merge_group"},
    "preview-environment": {"pull_request_target", "schedule", "workflow_dispatch"},
    "preview-prod": {"pull_request"},
    "rehearse": {"pull_request", "merge_group"},
    "release": {"push"},
    "report": {"workflow_run"},
    "rollback": {"workflow_dispatch"},
    "scan": {"schedule", "workflow_dispatch"},
}


def only_known_events_start_a_workflow(workflows):
    for name, content in workflows.files.items():
        if set(content["on"]) != TRIGGERS.get(name):
            yield f"{name}: {sorted(content['on'])}"


def a_deploy_is_started_by_ci_or_a_person(workflows):
    on = workflows.files["deploy"]["on"]
    if on.get("workflow_run") != {"workflows": ["ci"], "types": ["completed"]}:
        yield "deploy does not start when ci has ended"
    if "--automatic" not in workflows.job("deploy", "staging").text:
        yield "an automatic deploy would end a hold"


def a_tag_only_dispatches(workflows):
    jobs = [job for job in workflows.jobs if job.workflow == "release"]
    if len(jobs) != 1 or len(jobs[0].steps) != 1 or "secrets." in jobs[0].text or jobs[0].environment:
        yield "a tag's own workflow does more than to start deploy"
    elif "gh workflow run deploy.yml" not in jobs[0].runs[0] or "default_branch" not in jobs[0].text:
        yield "a tag's workflow starts something else than main's deploy"
