"""What must hold of the workflows, and no linter knows: who may do what, with which secrets, in which order.

Each rule yields what breaks it, as sentences. test_workflows.py holds the repository to all of them;
test_planted_faults.py breaks the workflows one way after another, and expects the rule that is for it.
"""

from __future__ import annotations

import re

import yaml

from delivery.github.repository_settings import ENVIRONMENTS, ENVIRONMENTS_KUBECONFIG
from infra.rollouts.kubeconfig import VIEW_TOKEN
from tests.workflows.workflows import ROOT

PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
SECRET = re.compile(r"secrets\.(\w+)")
OURS = "$/.github/actions/"
FULL_NAME = "github.event.pull_request.head.repo.full_name == github.repository"
NO_PULL_REQUEST = "github.event_name != 'pull_request_target'"
NO_BOT = "github.event.pull_request.user.type != 'Bot'"
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
# Which job may write what; every other one reads.
WRITES = {
    ("cleanup", "storage"): {"actions"},
    ("deploy", "sign"): {"id-token", "attestations"},
    ("deploy", "production"): {"id-token", "attestations"},
    ("drift", "issues"): {"issues"},
    ("preview", "comment"): {"pull-requests"},
    ("preview-environment", "comment"): {"pull-requests"},
    ("preview-environment", "comments"): {"pull-requests"},
    ("preview-prod", "comment"): {"pull-requests"},
    ("release", "dispatch"): {"actions"},
    ("report", "report"): {"issues", "pull-requests"},
    ("rollback", "clear-queue"): {"actions"},
    ("rollback", "rollback"): {"id-token", "attestations"},
    ("scan", "issues"): {"issues"},
}
ENDED_BY_NEWER = {"ci", "preview", "preview-prod", "rehearse"}
# `slipway stack …` with what changes prod, or may.
CHANGES_PROD = re.compile(r"slipway stack (promote|rollback|unstick|resume|deploy .*--stack (prod|\"\$STACK\"))")


def actions_are_pinned(workflows):
    for path, text in workflows.texts.items():
        for use in re.findall(r"uses: (.+)", text):
            if not use.startswith(OURS) and not PINNED.fullmatch(use):
                yield f"{path}: {use}"


def an_action_has_one_version(workflows):
    uses = {use for text in workflows.texts.values() for use in re.findall(r"uses: (\S+@\S+)", text)}
    names = [use.partition("@")[0] for use in uses]
    yield from (f"{name} has two versions" for name in set(names) if names.count(name) > 1)


def images_are_pinned(workflows):
    for job in workflows.jobs:
        for service in job.content.get("services", {}).values():
            if not re.search(r"@sha256:[0-9a-f]{64}$", service["image"]):
                yield f"{job}: {service['image']}"


def only_known_events_start_a_workflow(workflows):
    for name, content in workflows.files.items():
        if set(content["on"]) != TRIGGERS.get(name):
            yield f"{name}: {sorted(content['on'])}"


def nothing_is_permitted_by_default(workflows):
    yield from (name for name, content in workflows.files.items() if content.get("permissions") != {})


def a_job_has_the_rights_that_are_listed_and_no_more(workflows):
    for job in workflows.jobs:
        rights = job.content.get("permissions")
        if rights is None:
            yield f"{job} does not say its rights"
            continue
        writes = {name for name, right in rights.items() if right == "write"}
        if writes != WRITES.get((job.workflow, job.name), set()):
            yield f"{job} may write {sorted(writes)}"


def a_job_ends_within_an_hour(workflows):
    yield from (str(job) for job in workflows.jobs if not job.content.get("timeout-minutes", 999) <= 75)


def only_what_looks_is_ended_by_what_looks_again(workflows):
    for name, content in workflows.files.items():
        ended = content["concurrency"]["cancel-in-progress"]
        if name not in ENDED_BY_NEWER and ended is not False:
            yield name
        if name == "ci" and ended != "${{ github.event_name == 'pull_request' }}":
            yield "ci: a run of what was merged may be ended, and that commit is never deployed"


def what_was_merged_has_a_run_of_its_own(workflows):
    group = workflows.files["ci"]["concurrency"]["group"]
    if not group.endswith("|| github.sha }}"):
        yield f"ci: runs of two merges share the group {group}"


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


def what_another_workflow_starts_or_changes_a_stack_runs_code_of_main(workflows):
    for job in workflows.jobs:
        if "workflow_run" not in workflows.files[job.workflow]["on"] and job.workflow != "rollback":
            continue
        for step in job.uses("actions/checkout@"):
            if (ref := step["with"].get("ref")) is not None:
                yield f"{job} checks out {ref}"


def what_plan_found_is_deployed(workflows):
    """And not what a person or an event named, which nobody has checked."""
    for job in workflows.jobs:
        if job.workflow != "deploy" or job.name == "plan":
            continue
        for step in job.steps:
            release = step.get("env", {}).get("RELEASE")
            if '--release "$RELEASE"' in step.get("run", "") and release != "${{ needs.plan.outputs.release }}":
                yield f"{job} takes {release}"


def secrets_are_those_of_the_jobs_environment(workflows):
    known = {environment.name: environment for environment in ENVIRONMENTS}
    for job in workflows.jobs:
        used = set(SECRET.findall(job.text))
        if used and job.environment is None:
            yield f"{job} has no environment, and uses {sorted(used)}"
            continue
        for name in environments_of(job) if used else ():
            if name not in known:
                yield f"{job}: no environment {name}"
            elif more := used - {*known[name].secrets, *known[name].optional}:
                yield f"{job}: {name} has no {sorted(more)}"


def every_environment_is_used(workflows):
    used = {name for job in workflows.jobs if job.environment for name in environments_of(job)}
    yield from (environment.name for environment in ENVIRONMENTS if environment.name not in used)


def environments_of(job):
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


def an_environment_of_a_pull_request_has_secrets_of_its_own(workflows):
    own = {environment.name: environment for environment in ENVIRONMENTS}["preview-environments"]
    if not own.refs or ENVIRONMENTS_KUBECONFIG not in own.secrets:
        yield "any branch may use what deploys the environments of pull requests"
    for job in workflows.jobs:
        inside = job.environment == own.name
        if SECRET.search(job.text) and (job.workflow == "preview-environment") is not inside:
            yield f"{job} uses the environment {job.environment}"


def an_environment_is_removed_when_its_pull_request_is_closed_and_at_night(workflows):
    on = workflows.files["preview-environment"]["on"]
    types = set((on.get("pull_request_target") or {}).get("types", ()))
    if types != {"opened", "synchronize", "reopened", "closed"}:
        yield f"preview-environment runs when a pull request is {sorted(types)}"
    for name, words in (("remove", "preview-environment down"), ("sweep", "preview-environment sweep --apply")):
        if words not in workflows.job("preview-environment", name).text:
            yield f"{name} removes nothing"
    if "action == 'closed'" not in workflows.job("preview-environment", "remove").content["if"]:
        yield "a pull request that is closed keeps its environment"
    if "schedule" not in on:
        yield "nothing is removed at night"


def what_may_write_or_holds_secrets_takes_nothing_from_a_cache(workflows):
    for job in workflows.jobs:
        if "write" not in job.content.get("permissions", {}).values() and not SECRET.search(job.text):
            continue
        if job.uses("actions/cache@"):
            yield f"{job} uses a cache"
        for step in job.uses(f"{OURS}setup"):
            if step["uses"] == f"{OURS}setup" and step.get("with", {}).get("cache") != "false":
                yield f"{job} sets up from the cache"


def a_scanner_holds_neither_secret_nor_identity(workflows):
    scanning = [job for job in workflows.jobs if "setup-trivy@" in job.text or f"{OURS}scan" in job.text]
    if len(scanning) < 3:
        yield "an image is not scanned: of ci, of a deploy, or at night"
    for job in scanning:
        if job.content["permissions"] != {"contents": "read"} or "secrets." in job.text or "github.token" in job.text:
            yield str(job)


def secrets_reach_steps_one_by_one(workflows):
    for name, content in workflows.files.items():
        if "secrets." in yaml.safe_dump(content.get("env", {})):
            yield name
    yield from (str(job) for job in workflows.jobs if "secrets." in yaml.safe_dump(job.content.get("env", {})))
    yield from (
        str(job) for job in workflows.jobs if "toJSON(secrets)" in job.text or job.content.get("secrets") == "inherit"
    )


def a_script_gets_text_through_its_environment_only(workflows):
    for job in workflows.jobs:
        yield from (f"{job}: {run}" for run in job.runs if "${{" in run)
    for name, action in workflows.actions.items():
        yield from (name for step in action["runs"]["steps"] if "${{" in step.get("run", ""))


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


def only_what_was_scanned_is_signed(workflows):
    sign = workflows.job("deploy", "sign")
    if "scan" not in sign.content["needs"] or "if" in sign.content:
        yield "images are signed that were not scanned"
    for job in workflows.jobs:
        signs = any("ci sign" in run for run in job.runs)
        if signs and (job.workflow, job.name) != ("deploy", "sign"):
            yield f"{job} signs, too"
    if "needs.staging.outputs.released == 'true'" not in workflows.job("deploy", "scan").content["if"]:
        yield "what did not go live is scanned"
    if "images export" not in workflows.job("deploy", "staging").text:
        yield "what is scanned is not what was deployed"


def evidence_comes_from_jobs_that_attest(workflows):
    for job in workflows.jobs:
        for step in job.uses("actions/upload-artifact@"):
            name = step["with"]["name"]
            if name.endswith("-release") and not job.uses("actions/attest@"):
                yield f"{job} leaves {name}, and attests nothing"


def a_token_that_may_only_read_asks_for_no_more(workflows):
    for job in workflows.jobs:
        reads = re.match(
            r"(preview-(staging|prod)|drift|cleanup)|\$\{\{ inputs\.stack == 'prod' && 'cleanup",
            job.environment or "",
        )
        for step in job.uses(f"{OURS}setup-deploy"):
            if reads and step["with"].get("read-only") != "true":
                yield str(job)


def where_any_branch_may_run_its_program_the_cluster_can_only_be_read(workflows):
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


def a_refresh_is_for_merged_code(workflows):
    for job in workflows.jobs:
        if any("--refresh" in run for run in job.runs) and job.environment != "drift-${{ matrix.stack }}":
            yield str(job)


def what_changes_a_stack_queues_and_none_is_cancelled_or_lost(workflows):
    changing = [("deploy", "staging"), ("deploy", "production"), ("rollback", "rollback"), ("cleanup", "images")]
    for workflow, name in changing:
        concurrency = workflows.job(workflow, name).content.get("concurrency", {})
        if not str(concurrency.get("group")).startswith("deploy-"):
            yield f"{workflow}: {name} does not queue with what else changes the stack"
        if (concurrency.get("queue"), concurrency.get("cancel-in-progress")) != ("max", False):
            yield f"{workflow}: {name} may be cancelled, or pushed out of the queue"


def a_waiting_approval_does_not_block_a_rollback(workflows):
    job = workflows.job("rollback", "clear-queue")
    if "ci cancel-waiting" not in job.text or job.content.get("needs") or job.content.get("concurrency"):
        yield "what waits for an approval is not cancelled, or waits itself"
    if "needs" in workflows.job("rollback", "rollback").content:
        yield "the rollback waits for another job"


def a_rollback_verifies_signatures(workflows):
    if not any("--signed" in run for run in workflows.job("rollback", "rollback").runs):
        yield "a rollback runs images that nobody signed"


def cleanup_reads_what_is_needed_under_the_lock(workflows):
    job = workflows.job("cleanup", "images")
    if "--needed" in job.text or job.uses("actions/download-artifact@"):
        yield "what is needed was read before the lock was held"


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


def somebody_hears_of_every_failure(workflows):
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


def coverage_is_kept_for_a_week(workflows):
    kept = [
        step["with"]
        for job in workflows.jobs
        if job.workflow == "ci" and job.name in {"tests", "integration"}
        for step in job.uses("actions/upload-artifact@")
    ]
    if len(kept) != 2 or any(each["retention-days"] != 7 or each["path"] != "coverage/" for each in kept):
        yield "the coverage of a suite is not kept for 7 days"


def what_holds_the_stacks_secrets_watches_its_network(workflows):
    for job in workflows.jobs:
        if "id-token" in job.content.get("permissions", {}) and not job.uses("step-security/harden-runner@"):
            yield str(job)


ASKS_GITHUB = re.compile(
    r"slipway (ci (checks|check-approval|verify-signatures|cancel-waiting|gate|report|comment|drift|backlog|cleanup-storage"
    r"|report-scans|compare-perf)\b|stack (deploy|promote|rollback)\b|preview-environment (sweep|comment)\b)"
)


def who_asks_github_has_the_runs_token(workflows):
    for job in workflows.jobs:
        for step in job.steps:
            if ASKS_GITHUB.search(" ".join(step.get("run", "").split())) and "GITHUB_TOKEN" not in step.get(
                "env", {}
            ):
                yield f"{job}: {step['run']}"


def what_the_plan_lacks_is_switched_off_in_code(workflows):
    switches = {name: content["env"] for name, content in workflows.files.items() if "ATTESTATIONS" in str(content)}
    if len({each["ATTESTATIONS"] for each in switches.values()}) != 1:
        yield "attestations are made in one workflow, and not in another"
    if "vars.ATTESTATIONS" in str(workflows.files) or "vars.APPROVALS" in str(workflows.files):
        yield "whoever may write to the repository can switch approvals off"


RULES = [
    rule
    for rule in list(globals().values())
    if callable(rule) and getattr(rule, "__module__", "") == __name__ and rule is not environments_of
]
