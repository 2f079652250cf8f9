"""What docs/CICD.md promises is what is set up."""

from __future__ import annotations

import re
import shlex

import pytest
from infra_stacks import config_of

from delivery.cost.bill import add_parts, list_parts
from delivery.cost.price_list import PriceList
from delivery.github.repository_settings import ENVIRONMENTS
from infra.config.settings import validate_config
from tests.slipway.command_line import parse
from tests.workflows.workflows import ROOT, read_workflows

PRODUCTION = (ROOT / "docs/production.md").read_text()
CICD = (ROOT / "docs/CICD.md").read_text()
RUNBOOK = (ROOT / "docs/runbook.md").read_text()
PAGES = [page for page in (ROOT / "docs").rglob("*.md") if page.parent.name not in {"adr", "reference"}]
ALIASES = ("dbshell", "errors")  # of the example in operations.md
FIRST_TASK = "What runs where"  # what comes before it in the runbook are symptoms


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda environment: environment.name)
def test_the_table_of_secrets_is_what_setup_github_asks_for(environment):
    table = CICD.partition("## Secrets and variables")[2]
    row = next(line for line in table.splitlines() if line.startswith(f"| `{environment.name}` |"))
    _, _, reviewed, refs, secrets, variables, _ = (cell.strip() for cell in row.split("|"))
    assert reviewed.startswith("yes") is environment.reviewed
    assert set(re.findall(r"`(\w+)`", secrets)) == {*environment.secrets, *environment.optional}
    assert set(re.findall(r"`(\w+)`", variables)) == set(environment.variables)
    assert set(re.findall(r"`([\w*]+)`", refs)) == {pattern for _, pattern in environment.refs}


def test_every_workflow_is_in_the_table():
    table = CICD.partition("## What runs when")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)) == set(read_workflows(ROOT / ".github").files)


def test_every_link_of_the_docs_leads_somewhere():
    for file in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", file.read_text()):
            assert (file.parent / link).exists(), f"{file.name}: {link}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_a_page_names_exists(page):
    targets = re.findall(r"^([a-z][a-z0-9 -]*):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = re.findall(r"(?:^\$ |`)make ([a-z][a-z0-9-]*)", page.read_text(), re.MULTILINE)
    assert set(named) <= {name for line in targets for name in line.split()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_command_line_takes_what_a_page_runs(page):
    for line in re.findall(r"^ *\$ uv run (?:--frozen )?slipway (.+)$", page.read_text(), re.MULTILINE):
        words = shlex.split(re.sub(r"<[^>]+>", "x", line), comments=True)
        words = words[: words.index(">")] if ">" in words else words
        if words[0] not in ALIASES:
            parse(words)


def test_every_page_is_in_the_sites_navigation():
    found = re.findall(r'"([^"]+\.md)"', (ROOT / "zensical.toml").read_text())
    assert sorted(found) == sorted(str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md"))


def test_the_threat_model_has_every_environment_and_secret():
    model = (ROOT / "docs/security.md").read_text().partition("## Credentials of the workflows")[2]
    secrets = {name for environment in ENVIRONMENTS for name in (*environment.secrets, *environment.optional)}
    missing = [environment.name for environment in ENVIRONMENTS if f"`{environment.name}`" not in model]
    missing += [name for name in secrets if f"`{name}`" not in model and not name.startswith("SMTP_")]
    assert missing == []


def entries():
    """`(name, symptom)` of each entry of the runbook, in its order; a task has no symptom."""
    return re.findall(r"^## ([^:\n]+)(?:: (.+))?$", RUNBOOK, re.MULTILINE)


def test_the_runbook_has_symptoms_first_in_the_words_that_are_seen():
    names = [name for name, _ in entries()]
    symptoms = [bool(symptom) for _, symptom in entries()]
    assert symptoms == [index < names.index(FIRST_TASK) for index in range(len(names))]


def test_the_runbook_has_every_chapter_that_an_error_names():
    titles = {title for title, _ in entries()}
    named = {
        title
        for file in (ROOT / "delivery").rglob("*.py")
        for title in re.findall(r"runbook\.md, '([^']+)'", file.read_text())
    }
    named |= set(re.findall(r"runbook, \*([^*]+)\*", CICD))
    assert named
    assert named <= titles


def commands_of_staging():
    section = PRODUCTION.partition("\n## 2. ")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```console\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]


def test_the_section_of_staging_can_be_run_as_written():
    commands = commands_of_staging()
    assert "pulumi up --stack staging" in commands
    for command in commands:
        assert not re.search(r"…|<[a-z]|\bacme\b", command), f"a placeholder: {command}"
        shlex.split(command, comments=True)
    for command in commands:
        if " slipway " in command:
            parse(shlex.split(command.partition(" slipway ")[2], comments=True))


def test_staging_section_reads_only_variables_that_the_page_lists():
    listed = PRODUCTION.partition("**Variables.**")[2].partition("\n## ")[0]
    used = {name for command in commands_of_staging() for name in re.findall(r"\$\{?([A-Z][A-Z_]+)", command)}
    assert used - {"PATH"} <= set(re.findall(r"`([A-Z_]+)`", listed))


@pytest.mark.parametrize(("stack", "column"), [("staging", 1), ("prod", 2)])
def test_the_cost_in_the_docs_is_what_slipway_cost_says(stack, column):
    parts = list_parts(validate_config(config_of(stack), checkout=ROOT), PriceList())
    cost = PRODUCTION.partition("### Cost")[2].partition("\n### ")[0]
    rows = {
        cells[1].strip(): cells[column + 1].strip() for line in cost.splitlines() if len(cells := line.split("|")) > 3
    }
    nodes = add_parts([part for part in parts if part.name == "default pool" or part.name.startswith("pool ")])
    assert rows["nodes"] == f"{nodes.low:.0f} to {nodes.high:.0f}"
    for name in ("control plane", "registry", "load balancer", "managed postgresql", "managed valkey"):
        price = next((part.price.high for part in parts if part.name == name), 0)
        assert rows[name] == f"{price:.0f}", name
    total = add_parts(parts)
    assert rows["**together**"] == f"**{total.low:.0f} to {total.high:.0f}**"


def test_the_runbook_has_an_entry_for_every_failure_that_users_meet():
    assert {title for title, _ in entries()} >= {
        "API failure during `up`",
        "Expired token",
        "Full registry",
        "Droplet quota",
        "Missing zone",
        "Two `up` at once",
        "Full disk",
        "Cluster deleted by hand",
        "State from the day before",
    }
