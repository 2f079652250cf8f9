"""A job with secrets or write permissions runs code of main, and takes nothing from a pull request or a cache."""

from __future__ import annotations

import re

from tests.workflows.workflows import OURS, ROOT, SECRET


def a_checkout_leaves_no_token(workflows):
    for job in workflows.jobs:
        for step in job.uses("actions/checkout@"):
            if step["with"].get("persist-credentials") is not False:
                yield str(job)
    for name, action in workflows.actions.items():
        for step in action["runs"]["steps"]:
            if (
                str(step.get("uses")).startswith("actions/checkout@")
                and step["with"].get("persist-credentials") is not False
            ):
                yield name


def workflow_runs_and_rollbacks_check_out_main(workflows):
    for job in workflows.jobs:
        if "workflow_run" not in workflows.files[job.workflow]["on"] and job.workflow != "rollback":
            continue
        for step in job.uses("actions/checkout@"):
            if (ref := step["with"].get("ref")) is not None:
                yield f"{job} checks out {ref}"


def no_code_of_a_pull_request_runs_with_rights(workflows):
    """What a pull request starts with main's rights checks out main alone; its builds run in a job that holds nothing."""
    for job in workflows.jobs:
        if "pull_request_target" not in workflows.files[job.workflow]["on"]:
            continue
        for step in job.uses("actions/checkout@"):
            if {"ref", "repository"} & set(step["with"]):
                yield f"{job} checks out the pull request"
        for step in job.steps:
            run = " ".join(step.get("run", "").split())
            if re.search(r"\bgit (checkout|switch|worktree|merge|pull|reset|restore)\b|refs/pull", run):
                yield f"{job} takes files of the pull request: {run}"
        if "docker" in " ".join(job.runs) or "preview-environment build" in " ".join(job.runs):
            rights = job.content["permissions"]
            if (
                job.environment
                or rights != {"contents": "read"}
                or "secrets." in job.text
                or "github.token" in job.text
            ):
                yield f"{job} builds what a pull request wrote, and holds something"


def an_artifact_changes_no_code_that_runs_with_rights(workflows):
    """What another job made, such as a build of a pull request, lies where the checkout has nothing."""
    for job in workflows.jobs:
        if "write" not in job.content.get("permissions", {}).values() and not SECRET.search(job.text):
            continue
        for step in job.uses("actions/download-artifact@"):
            path = step["with"].get("path", ".")
            if not path.startswith("${{ runner.temp }}/") and (ROOT / path.partition("/")[0]).exists():
                yield f"{job} puts an artifact into {path}"


def jobs_with_rights_or_secrets_use_no_cache(workflows):
    for job in workflows.jobs:
        if "write" not in job.content.get("permissions", {}).values() and not SECRET.search(job.text):
            continue
        if job.uses("actions/cache@"):
            yield f"{job} uses a cache"
        for step in job.uses(f"{OURS}setup"):
            if step["uses"] == f"{OURS}setup" and step.get("with", {}).get("cache") != "false":
                yield f"{job} sets up from the cache"


def a_script_gets_text_through_its_environment_only(workflows):
    for job in workflows.jobs:
        yield from (f"{job}: {run}" for run in job.runs if "${{" in run)
    for name, action in workflows.actions.items():
        yield from (name for step in action["runs"]["steps"] if "${{" in step.get("run", ""))


def a_refresh_is_for_merged_code(workflows):
    for job in workflows.jobs:
        if any("--refresh" in run for run in job.runs) and job.environment != "drift-${{ matrix.stack }}":
            yield str(job)
