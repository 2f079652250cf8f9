"""Facts of the workflows that a linter does not know of: what may run with which right, and in what order."""

from __future__ import annotations

import json
import re
import shlex
import subprocess

import pytest
import yaml

from delivery.commands.releases import DEPLOYING
from delivery.github.repository_settings import ENVIRONMENTS, REQUIRED_CHECKS
from infra.rollouts.kubeconfig import VIEW_TOKEN
from tests.slipway.command_line import parse
from tests.workflows.conftest import ACTIONS, FILES, JOBS, ROOT, WORKFLOWS, job_of

PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
SECRET = re.compile(r"secrets\.(\w+)")
WRITES = {"id-token", "attestations", "issues", "pull-requests"}


@pytest.mark.parametrize("file", [*FILES, *ACTIONS], ids=lambda file: file.parent.name + "/" + file.name)
def test_every_action_is_pinned_by_its_commit_with_the_version_beside_it(file):
    uses = re.findall(r"uses: (.+)", file.read_text())
    assert [use for use in uses if not use.startswith("$/.github/actions/") and not PINNED.fullmatch(use)] == []


def test_one_action_has_one_version_everywhere():
    uses = {use for file in [*FILES, *ACTIONS] for use in re.findall(r"uses: (\S+@\S+ # \S+)", file.read_text())}
    assert len({use.partition("@")[0] for use in uses}) == len(uses)


def test_every_image_is_pinned_by_its_digest():
    images = [service["image"] for job in JOBS for service in job.content.get("services", {}).values()]
    assert images
    assert [image for image in images if not re.search(r"@sha256:[0-9a-f]{64}$", image)] == []


def test_nothing_is_permitted_but_what_a_job_asks_for(workflow):
    _, content = workflow
    assert content["permissions"] == {}


def test_a_job_says_its_rights_and_its_end(job):
    assert job.content["timeout-minutes"] <= 60
    rights = job.content["permissions"]
    assert {name for name, right in rights.items() if right == "write"} <= WRITES
    assert rights.get("contents", "read") == "read"


def test_every_run_is_in_a_group_that_says_whether_it_may_be_cancelled(workflow):
    name, content = workflow
    concurrency = content["concurrency"]
    # What only looks may be cut short by what looks again; nothing else is ever cancelled.
    assert concurrency["cancel-in-progress"] is (name in {"ci", "preview", "rehearse"})


def test_no_checkout_leaves_a_token_behind(job):
    for step in job.steps:
        if str(step.get("uses", "")).startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_no_workflow_runs_foreign_code_with_rights():
    for name, content in WORKFLOWS.items():
        assert "pull_request_target" not in content["on"], name
        if "workflow_run" in content["on"]:
            checkouts = [s for j in JOBS if j.workflow == name for s in j.steps if "checkout@" in str(s.get("uses"))]
            assert all("ref" not in step["with"] for step in checkouts)


def test_secrets_are_those_of_the_jobs_environment(job):
    known = {environment.name: environment for environment in ENVIRONMENTS}
    used = set(SECRET.findall(job.text))
    if not used:
        return
    names = [job.environment]
    if "${{" in job.environment:
        names = {
            "preview-${{ matrix.stack }}": ["preview-staging", "preview-prod"],
            "drift-${{ matrix.stack }}": ["drift-staging", "drift-prod"],
            "${{ inputs.stack == 'prod' && 'production' || 'staging' }}": ["staging", "production"],
        }[job.environment]
    for name in names:
        assert used <= {*known[name].secrets, *known[name].optional}


def test_every_environment_that_is_set_up_is_used():
    used = " ".join(job.environment for job in JOBS if job.environment)
    assert [environment.name for environment in ENVIRONMENTS if environment.name.split("-")[0] not in used] == []


def test_pull_requests_of_forks_and_bots_get_no_secret():
    for job in JOBS:
        if "pull_request" in WORKFLOWS[job.workflow]["on"] and SECRET.search(job.text):
            assert "github.event.pull_request.head.repo.full_name == github.repository" in job.content["if"]
            assert "github.event.pull_request.user.type != 'Bot'" in job.content["if"]


def test_a_job_that_may_write_or_holds_secrets_takes_nothing_from_a_cache(job):
    writes = "write" in job.content["permissions"].values()
    if not writes and not SECRET.search(job.text):
        return
    for step in job.steps:
        assert "actions/cache@" not in str(step.get("uses"))
        if step.get("uses") == "$/.github/actions/setup":
            assert step["with"]["cache"] == "false"


def test_scanners_hold_neither_secret_nor_identity():
    [scanning] = [job for job in JOBS if "trivy-action@" in job.text]
    assert scanning.content["permissions"] == {"contents": "read"}
    assert "secrets." not in scanning.text
    assert "github.token" not in scanning.text


def test_secrets_reach_steps_one_by_one_and_never_a_whole_job(job):
    assert "secrets." not in yaml.safe_dump(job.content.get("env", {}))
    assert "secrets." not in yaml.safe_dump(WORKFLOWS[job.workflow].get("env", {}))


def test_untrusted_text_reaches_a_script_only_through_the_environment(job):
    for step in job.steps:
        assert "${{" not in step.get("run", "")


def test_only_a_job_in_the_production_environment_changes_prod():
    for job in JOBS:
        for step in job.steps:
            run = step.get("run", "")
            if re.search(r"delivery (promote|rollback|unstick)|delivery deploy .*--stack prod", run):
                assert "production" in job.environment, str(job)
    assert [environment.reviewed for environment in ENVIRONMENTS if environment.name == "production"] == [True]


def test_production_waits_for_facts_and_a_fresh_preview_and_stops_if_more_would_break():
    production = job_of("deploy", "production")
    assert set(production.content["needs"]) == {"plan", "production-facts", "production-preview"}
    assert "if" not in production.content  # so a fact that does not hold stops it
    runs = [step["run"] for step in production.steps if "run" in step]
    assert "--within approved/plan.json" in runs[0]
    assert "--staged staged --signed" in runs[1]


def test_the_facts_are_established_without_a_secret():
    facts = job_of("deploy", "production-facts")
    assert "secrets." not in facts.text
    assert facts.environment is None
    assert "write" not in facts.content["permissions"].values()
    # By the workflow's own code: a release that brings another gate does not judge itself.
    assert "ref" not in facts.steps[0]["with"]
    assert "--merged" in "".join(step.get("run", "") for step in job_of("deploy", "plan").steps)


def test_where_a_token_may_only_read_the_login_asks_for_no_more():
    reading = [("preview", "preview"), ("drift", "compare"), ("cleanup", "needed"), ("deploy", "production-preview")]
    for workflow, name in reading:
        [setup] = [step for step in job_of(workflow, name).steps if "setup-deploy" in str(step.get("uses"))]
        assert setup["with"]["read-only"] == "true"


def test_where_any_branch_may_run_its_program_the_cluster_can_only_be_read():
    open_to_all = {environment.name for environment in ENVIRONMENTS if environment.secrets and not environment.refs}
    assert open_to_all == {"preview-staging", "preview-prod"}
    for environment in ENVIRONMENTS:
        assert (VIEW_TOKEN in environment.secrets) is (environment.name in open_to_all)
    for workflow, name in (("preview", "preview"), ("deploy", "production-preview")):
        [step] = [step for step in job_of(workflow, name).steps if "slipway stack preview" in step.get("run", "")]
        assert step["env"][VIEW_TOKEN] == "${{ secrets." + VIEW_TOKEN + " }}"
    # A refresh reads the cluster's and the databases' credentials.
    refreshing = [job for job in JOBS for step in job.steps if "--refresh" in step.get("run", "")]
    assert [job.environment for job in refreshing] == ["drift-${{ matrix.stack }}"]


def test_a_login_to_a_registry_that_is_not_made_yet_does_not_fail_the_job(tmp_path):
    [action] = [file for file in ACTIONS if file.parent.name == "setup-deploy"]
    script = yaml.safe_load(action.read_text())["runs"]["steps"][-1]["run"]
    doctl = tmp_path / "doctl"
    for answer, status, said in (
        ("exit 0", 0, ""),
        (
            'echo "Error: GET https://api/v2/registry: 404 (request 1) registry does not exist" >&2; exit 1',
            0,
            "no reg",
        ),
        ('echo "Error: GET https://api/v2/registry: 403 (request 1) you do not have access" >&2; exit 1', 1, "403"),
    ):
        doctl.write_text(f"#!/bin/sh\n{answer}\n")
        doctl.chmod(0o755)
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "READ_ONLY": "yes"}
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script], env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, said in done.stdout) == (status, True)


def test_runs_that_change_a_stack_queue_and_none_is_cancelled_or_lost():
    changing = {"deploy": ["staging", "production"], "rollback": ["rollback"], "cleanup": ["cleanup"]}
    for workflow, names in changing.items():
        for name in names:
            concurrency = job_of(workflow, name).content["concurrency"]
            assert concurrency["group"].startswith("deploy-")
            assert (concurrency["queue"], concurrency["cancel-in-progress"]) == ("max", False)
    assert {f"{name}.yml" for name in changing if name != "cleanup"} == DEPLOYING


def test_what_starts_a_deploy():
    on = WORKFLOWS["deploy"]["on"]
    assert on["push"] == {"branches": ["develop"], "tags": ["v[0-9]+.[0-9]+.[0-9]+"]}
    assert on["workflow_dispatch"]["inputs"]["stack"]["options"] == ["staging", "prod"]


def test_the_branch_rules_check_waits_for_every_job_of_ci():
    jobs = {job.name for job in JOBS if job.workflow == "ci"}
    required = job_of("ci", REQUIRED_CHECKS[0])
    assert set(required.content["needs"]) == jobs - {REQUIRED_CHECKS[0]}
    assert required.content["if"] == "always()"
    assert required.steps[0]["with"]["jobs"] == "${{ toJSON(needs) }}"


def test_readiness_is_asked_on_main_alone():
    assert job_of("ci", "deployment-readiness").content["if"] == "github.ref == 'refs/heads/main'"


def commands():
    for job in JOBS:
        for step in job.steps:
            text = re.sub(r"\$\{(\w+):\+(--[\w-]+)\}", r"\2", step.get("run", ""))
            for line in text.replace("\\\n", " ").splitlines():
                if "uv run --frozen slipway" in line:
                    yield str(job), line.partition("uv run --frozen slipway ")[2].partition(" > ")[0]


@pytest.mark.parametrize(("where", "line"), list(commands()))
def test_every_command_in_a_workflow_is_one_that_slipway_takes(where, line):
    values = {
        "$RUN": "7",
        "$NUMBER": "7",
        "$TO": "previous",
        "$STACK": "prod",
        "preview/$STACK": "p",
        "$RELEASE": "x",
    }
    words = [values.get(word, word) for word in shlex.split(line)]
    parse(words)


def test_every_make_target_in_a_workflow_is_there():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    asked = {word for job in JOBS for run in re.findall(r"make ([a-z -]+)", job.text) for word in run.split()}
    matrix = set(job_of("ci", "check").content["strategy"]["matrix"]["check"])
    matrix |= set(job_of("ci", "tests").content["strategy"]["matrix"]["suite"])
    assert {word for word in asked if not word.startswith("-")} | matrix <= targets
    assert len(asked) > 5


def test_make_check_runs_what_ci_runs():
    makefile = (ROOT / "Makefile").read_text()
    checks = set(re.search(r"^check: (.+?) ##", makefile, re.MULTILINE)[1].split())
    matrix = set(job_of("ci", "check").content["strategy"]["matrix"]["check"])
    assert checks == matrix | {"workflows", "secrets", "test"}
    suites = set(re.search(r"^test: (.+?) ##", makefile, re.MULTILINE)[1].split())
    services = set(re.search(r"make (test-backend .+)", job_of("ci", "integration").text)[1].split())
    assert suites == {*job_of("ci", "tests").content["strategy"]["matrix"]["suite"], *services}


def test_the_pulumi_cli_is_the_sdks_version():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"pulumi=={(ROOT / '.pulumi.version').read_text().strip()}" in project["dependencies"]


def test_every_version_outside_a_lock_file_is_kept_current():
    renovate = json.loads((ROOT / ".github/renovate.json").read_text())
    pattern = renovate["customManagers"][0]["matchStrings"][0].replace("(?<", "(?P<")
    files = [ROOT / "infra/versions.py", *FILES, *ACTIONS]
    found = {match["depName"] for file in files for match in re.finditer(pattern, file.read_text())}
    assert found >= {"metrics-server", "aquasecurity/trivy", "grafana/k6", "digitalocean/doctl"}
    hints = sum(file.read_text().count("# renovate:") for file in files)
    assert hints == len(found)
