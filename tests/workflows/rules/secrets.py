"""A job's secrets are those of its environment, and no pull request of a fork or a bot gets any."""

from __future__ import annotations

import re

import yaml

from delivery.github.repository_settings import ENVIRONMENTS
from infra.rollouts.kubeconfig import VIEW_TOKEN
from tests.workflows.workflows import SECRET

FULL_NAME = "github.event.pull_request.head.repo.full_name == github.repository"
NO_PULL_REQUEST = "github.event_name != 'pull_request_target'"
NO_BOT = "github.event.pull_request.user.type != 'Bot'"
ASKS_GITHUB = re.compile(
    r"slipway (ci (checks|check-approval|verify-signatures|cancel-waiting|gate|report|comment|drift|backlog|cleanup-storage"
    r"|report-scans|compare-perf)\b|stack (deploy|promote|rollback)\b|preview-environment (sweep|comment)\b)"
)


def secrets_are_those_of_the_jobs_environment(workflows):
    known = {environment.name: environment for environment in ENVIRONMENTS}
    for job in workflows.jobs:
        used = set(SECRET.findall(job.text))
        if used and job.environment is None:
            yield f"{job} has no environment, and uses {sorted(used)}"
            continue
        for name in find_environments(job) if used else ():
            if name not in known:
                yield f"{job}: no environment {name}"
            elif more := used - {*known[name].secrets, *known[name].optional}:
                yield f"{job}: {name} has no {sorted(more)}"


def every_environment_is_used(workflows):
    used = {name for job in workflows.jobs if job.environment for name in find_environments(job)}
    yield from (environment.name for environment in ENVIRONMENTS if environment.name not in used)


def find_environments(job):
    """The names that a job's environment may have."""
    name = job.environment
    if "matrix.stack" in name:
        return [name.replace("${{ matrix.stack }}", stack) for stack in job.content["strategy"]["matrix"]["stack"]]
    return re.findall(r"'([\w-]+)'", name.replace("inputs.stack == 'prod'", "")) if "${{" in name else [name]


def forks_and_bots_get_no_secret(workflows):
    for job in workflows.jobs:
        events = workflows.files[job.workflow]["on"]
        if not {"pull_request", "pull_request_target"} & set(events) or not SECRET.search(job.text):
            continue
        # A job is skipped with those that it needs.
        jobs = [job, *(workflows.job(job.workflow, need) for need in job.content.get("needs", ()))]
        conditions = [each.content.get("if", "") for each in jobs]
        # One with `||` may let others in.
        guarded = any(FULL_NAME in each and NO_BOT in each and "||" not in each for each in conditions)
        if not guarded and NO_PULL_REQUEST not in job.content.get("if", ""):
            yield str(job)


def secrets_reach_steps_one_by_one(workflows):
    for name, content in workflows.files.items():
        if "secrets." in yaml.safe_dump(content.get("env", {})):
            yield name
    yield from (str(job) for job in workflows.jobs if "secrets." in yaml.safe_dump(job.content.get("env", {})))
    yield from (
        str(job) for job in workflows.jobs if "toJSON(secrets)" in job.text or job.content.get("secrets") == "inherit"
    )


def any_branch_can_only_read_the_cluster(workflows):
    open_to_all = {environment.name for environment in ENVIRONMENTS if environment.secrets and not environment.refs}
    if open_to_all != {"preview-staging", "preview-prod"}:
        yield f"any branch may use {sorted(open_to_all)}"
    for environment in ENVIRONMENTS:
        if (VIEW_TOKEN in environment.secrets) is not (environment.name in open_to_all):
            yield f"{environment.name}: {VIEW_TOKEN}"
        if environment.name == "preview-prod" and not environment.reviewed:
            yield "any branch can read prod's passphrase"
    for job in workflows.jobs:
        previews = [step for step in job.steps if "slipway stack preview" in step.get("run", "")]
        if (job.environment or "").startswith("preview-") and not all(VIEW_TOKEN in step["env"] for step in previews):
            yield str(job)


def jobs_with_an_identity_watch_their_network(workflows):
    for job in workflows.jobs:
        if "id-token" in job.content.get("permissions", {}) and not job.uses("step-security/harden-runner@"):
            yield str(job)


def requests_to_github_have_the_runs_token(workflows):
    for job in workflows.jobs:
        for step in job.steps:
            if ASKS_GITHUB.search(" ".join(step.get("run", "").split())) and "GITHUB_TOKEN" not in step.get(
                "env", {}
            ):
                yield f"{job}: {step['run']}"
