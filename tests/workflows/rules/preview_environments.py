"""The environment of a pull request has secrets of its own, and is removed with its pull request."""

from __future__ import annotations

from delivery.github.repository_settings import ENVIRONMENTS, ENVIRONMENTS_KUBECONFIG
from tests.workflows.workflows import SECRET


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
