"""What docs/CICD.md promises is what is set up."""

from __future__ import annotations

import re

import pytest

from delivery.repository_settings import ENVIRONMENTS
from tests.workflows.conftest import ROOT, WORKFLOWS

CICD = (ROOT / "docs/CICD.md").read_text()


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda environment: environment.name)
def test_the_table_of_secrets_is_what_setup_github_asks_for(environment):
    row = next(line for line in CICD.splitlines() if line.startswith(f"| `{environment.name}` |"))
    _, _, reviewed, refs, secrets, variables, _ = (cell.strip() for cell in row.split("|"))
    assert reviewed.startswith("yes") is environment.reviewed
    assert set(re.findall(r"`(\w+)`", secrets)) == {*environment.secrets, *environment.optional}
    assert set(re.findall(r"`(\w+)`", variables)) == set(environment.variables)
    assert set(re.findall(r"`([\w*]+)`", refs)) == {pattern for _, pattern in environment.refs}


def test_every_workflow_is_told():
    table = CICD.partition("## What runs when")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(WORKFLOWS)


def test_every_link_of_the_docs_leads_somewhere():
    for file in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", file.read_text()):
            assert (file.parent / link).exists(), f"{file.name}: {link}"


def test_the_runbook_has_every_chapter_that_an_error_names():
    runbook = (ROOT / "docs/runbook.md").read_text()
    titles = set(re.findall(r"^## (.+)$", runbook, re.MULTILINE))
    named = {
        title
        for file in (ROOT / "delivery").rglob("*.py")
        for title in re.findall(r"runbook\.md, '([^']+)'", file.read_text())
    }
    named |= set(re.findall(r"runbook, \*([^*]+)\*", CICD))
    assert named
    assert named <= titles
