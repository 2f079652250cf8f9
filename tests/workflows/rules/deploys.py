"""A deploy needs ci of its commit, and production needs reviewers, a preview and signatures."""

from __future__ import annotations

import re

from delivery.github.repository_settings import ENVIRONMENTS

# `slipway stack …` with what changes prod, or may.
CHANGES_PROD = re.compile(r"slipway stack (promote|rollback|unstick|resume|deploy .*--stack (prod|\"\$STACK\"))")


def a_deploy_needs_ci_of_its_commit(workflows):
    plan = workflows.job("deploy", "plan")
    for words in ("ci plan", "ci checks --release", "ci readiness --release"):
        if not any(words in run for run in plan.runs):
            yield f"plan does not run `slipway {words}`"
    for condition in ("event == 'push'", "conclusion == 'success'", "head_repository.full_name == github.repository"):
        if condition not in plan.content["if"]:
            yield f"any run of ci starts a deploy: {condition} is missing"
    for step in plan.steps:
        if step.get("continue-on-error"):
            yield "a check that fails does not stop the deploy"
    for job in workflows.jobs:
        if job.workflow == "deploy" and job.name != "plan" and "plan" not in job.content["needs"]:
            yield f"{job} does not wait for plan"


def the_release_of_plan_is_deployed(workflows):
    """And not what a person or an event named, which nobody has checked."""
    for job in workflows.jobs:
        if job.workflow != "deploy" or job.name == "plan":
            continue
        for step in job.steps:
            release = step.get("env", {}).get("RELEASE")
            if '--release "$RELEASE"' in step.get("run", "") and release != "${{ needs.plan.outputs.release }}":
                yield f"{job} takes {release}"


def only_a_job_in_production_changes_prod(workflows):
    for job in workflows.jobs:
        for run in job.runs:
            if CHANGES_PROD.search(" ".join(run.split())) and "production" not in (job.environment or ""):
                yield f"{job}: {run}"


def production_has_reviewers(_workflows):
    found = [environment.reviewed for environment in ENVIRONMENTS if environment.name == "production"]
    if found != [True]:
        yield "nobody reviews production"


def production_is_judged_before_it_is_changed(workflows):
    job = workflows.job("deploy", "production")
    if not {"plan", "production-facts", "production-preview"} <= set(job.content["needs"]) or "if" in job.content:
        yield "a fact that does not hold, or a failed preview, does not stop production"
    order = [
        next(
            (number for number, step in enumerate(job.steps) if words in str(step.get("run") or step.get("with"))),
            None,
        )
        for words in ("ci check-approval", "ci verify-signatures", "--within", "stack promote")
    ]
    if None in order or order != sorted(order):
        yield f"the steps of production come in another order: {order}"
    promote = " ".join(job.runs[-1].split())
    if "--staged" not in promote or "--signed" not in promote:
        yield f"production does not compare with what staging ran: {promote}"


def facts_are_established_without_a_secret(workflows):
    job = workflows.job("deploy", "production-facts")
    if "secrets." in job.text or job.environment or "write" in job.content["permissions"].values():
        yield "the job of facts could change something"
