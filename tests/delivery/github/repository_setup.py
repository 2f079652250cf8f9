"""`slipway account setup-github` sets up the environments and rulesets of a repository."""

from __future__ import annotations

from delivery.github.repository_settings import ENVIRONMENTS

SETUP = ("account", "setup-github", "--reviewer", "user7", "--reviewer", "user8")
UNCHANGED = "everything is as it should be\n"  # what a run says that finds nothing to do


def add_all_secrets(github):
    for environment in ENVIRONMENTS:
        github.secrets[environment.name] = list(environment.secrets)
        github.variables[environment.name] = list(environment.variables)


def set_up(github, slipway, *words):
    add_all_secrets(github)
    status, said = slipway(*SETUP, "--apply", *words)
    assert status == 0, said


def find_rule(github, environment, kind):
    [found] = [each for each in github.environments[environment]["protection_rules"] if each["type"] == kind]
    return found


def list_refs(github, environment):
    return [(policy["type"], policy["name"]) for policy in github.policies[environment]]
