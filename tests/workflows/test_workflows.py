"""The workflows keep every rule, and run what Slipway and the Makefile have."""

from __future__ import annotations

import json
import re
import shlex
import subprocess

import pytest

from delivery.commands.target import DEPLOYING
from delivery.github.branches import read_branches
from delivery.github.waiting_deploys import ENVIRONMENTS as WAITED_FOR
from tests.slipway.command_line import parse
from tests.workflows.rules import RULES
from tests.workflows.workflows import ROOT, read_workflows

WORKFLOWS = read_workflows(ROOT / ".github")
VALUES = {"$RUN": "7", "$NUMBER": "7", "$TO": "previous", "$STACK": "prod", "$RELEASE": "x", "$STATUS": "failure"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_workflows_keep_the_rule(rule):
    assert list(rule(WORKFLOWS)) == []


def test_a_login_to_a_missing_registry_does_not_fail_the_job(tmp_path):
    script = WORKFLOWS.actions["setup-deploy"]["runs"]["steps"][-1]["run"]
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


def test_workflows_that_change_a_stack_are_those_that_may_lock_it():
    changing = {job.workflow for job in WORKFLOWS.jobs if "stack deploy" in job.text or "stack rollback" in job.text}
    assert {f"{name}.yml" for name in changing} == set(DEPLOYING)


def test_the_branches_that_are_deployed_are_set_in_ci():
    branches = read_branches(ROOT)
    assert WORKFLOWS.files["ci"]["on"]["push"]["branches"] == [branches.production, branches.staging]


def test_a_stack_waits_for_the_environment_that_its_deploy_uses():
    assert WORKFLOWS.job("deploy", "staging").environment in WAITED_FOR["staging"]
    assert WORKFLOWS.job("deploy", "production").environment in WAITED_FOR["prod"]


def commands():
    texts = [(str(job), run) for job in WORKFLOWS.jobs for run in job.runs]
    texts += [
        (name, step.get("run", "")) for name, action in WORKFLOWS.actions.items() for step in action["runs"]["steps"]
    ]
    for where, run in texts:
        text = re.sub(r"\$\{(\w+):\+(--[\w-]+)\}", r"\2", run)
        text = re.sub(r"\$\{\w+:\+(--[\w-]+ \"\$\w+\")\}", r"\1", text)
        for line in text.replace("\\\n", " ").splitlines():
            if "uv run --frozen slipway" in line:
                yield where, re.split(r" > | \|\| ", line.partition("uv run --frozen slipway ")[2])[0]


@pytest.mark.parametrize(("where", "line"), list(commands()))
def test_every_command_in_a_workflow_is_one_that_slipway_takes(where, line):
    parse([VALUES.get(word, word) for word in shlex.split(line)])


def test_every_make_target_in_a_workflow_is_there():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    asked = {
        word for job in WORKFLOWS.jobs for run in re.findall(r"make ([a-z -]+)", job.text) for word in run.split()
    }
    matrix = set(WORKFLOWS.job("ci", "check").content["strategy"]["matrix"]["check"])
    matrix |= set(WORKFLOWS.job("ci", "tests").content["strategy"]["matrix"]["suite"])
    assert {word for word in asked if not word.startswith("-")} | matrix <= targets
    assert len(asked) > 5


def test_make_check_runs_what_ci_runs():
    makefile = (ROOT / "Makefile").read_text()
    checks = set(re.search(r"^check: (.+?) ##", makefile, re.MULTILINE)[1].split())
    matrix = set(WORKFLOWS.job("ci", "check").content["strategy"]["matrix"]["check"])
    assert checks == matrix | {"workflows", "secrets", "test"}
    suites = set(re.search(r"^test: (.+?) ##", makefile, re.MULTILINE)[1].split())
    services = set(
        re.search(r"make (test-backend .+)", "\n".join(WORKFLOWS.job("ci", "integration").runs))[1].split()
    )
    assert suites == {*WORKFLOWS.job("ci", "tests").content["strategy"]["matrix"]["suite"], *services}


def test_the_pulumi_cli_is_the_sdks_version():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"pulumi=={(ROOT / '.pulumi.version').read_text().strip()}" in project["dependencies"]


def test_every_version_outside_a_lock_file_is_updated():
    renovate = json.loads((ROOT / ".github/renovate.json").read_text())
    pattern = renovate["customManagers"][0]["matchStrings"][0].replace("(?<", "(?P<")
    texts = [(ROOT / "infra/versions.py").read_text(), *WORKFLOWS.texts.values()]
    found = [match for text in texts for match in re.finditer(pattern, text)]
    names = {match["depName"] for match in found}
    assert names >= {"metrics-server", "aquasecurity/trivy", "grafana/k6", "digitalocean/doctl"}
    assert sum(text.count("# renovate:") for text in texts) == len(found)
    assert len(found) == len(names), "one tool is pinned in two places"
    assert renovate["baseBranchPatterns"] == [read_branches(ROOT).staging]


def test_the_platform_team_owns_what_decides_who_may_deploy():
    file = next(file for name in (".github/CODEOWNERS", "CODEOWNERS") if (file := ROOT / name).is_file())
    owners = dict(line.split() for line in file.read_text().splitlines() if line[:1] not in {"", "#"})
    owned = {path for path, owner in owners.items() if owner == owners["/infra/"]}
    named = {".ci", ".github", "delivery", "helm", "infra", "localcloud", "operations", "slipway"}
    assert {f"/{name}/" for name in named} <= owned
    assert {"/Makefile", "/__main__.py", "/pyproject.toml", "/Pulumi*.yaml", "uv.lock", "package-lock.json"} <= owned
