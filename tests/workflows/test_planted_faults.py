"""Each fault that somebody could plant in a workflow is caught by the rule that is for it."""

from __future__ import annotations

import pytest

from tests.workflows.faults import FAULTS
from tests.workflows.rules import RULES
from tests.workflows.rules.deploys import production_has_reviewers
from tests.workflows.workflows import ROOT, read_workflows

WORKFLOWS = read_workflows(ROOT / ".github")


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_caught(plant):
    assert list(plant.rule(WORKFLOWS)) == []
    assert list(plant.rule(WORKFLOWS.edited(plant))) != []


def test_every_rule_has_a_fault_that_it_catches():
    about_settings = {production_has_reviewers}  # of delivery/github/repository_settings.py
    assert {plant.rule for plant in FAULTS} == {*RULES} - about_settings
