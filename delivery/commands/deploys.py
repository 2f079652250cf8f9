"""Commands of deploy.yml and rollback.yml: what is deployed where, who approved it, and what waits."""

from __future__ import annotations

import os
from pathlib import Path

from delivery.account.connection import SOURCE_TOKEN
from delivery.github import workflow_run
from delivery.github.approvals import require_other_approver
from delivery.github.branches import read_branches
from delivery.github.client import GitHubRepository
from delivery.github.markdown import code
from delivery.github.waiting_deploys import clear_queue
from delivery.images.stack_registry import StackRegistry
from delivery.outcome import MissingError, RefusedError, Report
from delivery.provenance import signatures
from delivery.provenance.evidence import read_evidence
from delivery.stack.commits import is_merged, require_commit
from delivery.stack.configuration import read_configuration
from delivery.stack.history import VERSION, find_version

STAGING = "staging"


def plan(stack: str | None, release: str | None, pushed: str | None) -> Report:
    """Print, and set as outputs of the step, what a run of deploy.yml deploys and where; an empty stack: nothing.

    Args:
        stack: that a person named; None: the one that the branch goes to.
        release: commit, tag or branch; None: the newest commit of the branch that staging runs.
        pushed: the branch whose ci passed; None: a person started the run.

    Raises:
        RefusedError: the release is part of no branch that is deployed.
    """
    branches = read_branches()
    if stack is None and pushed is None:
        raise RefusedError("give --stack, or --pushed with the branch whose ci passed")
    target = stack or (STAGING if pushed == branches.staging else "")
    sha = require_commit(release or f"origin/{branches.staging}")
    if target and not is_merged(sha):
        raise RefusedError(
            f"{sha[:12]} is part of neither of {', '.join(branches.remote)}: only what was merged is deployed"
        )
    # A commit may have several versions: the one that was asked for, as its tag's pusher may not approve.
    version = release if release and VERSION.fullmatch(release) else find_version(sha)
    facts = {"stack": target, "release": sha, "version": version or ""}
    for name, value in facts.items():
        print(f"{name}={value}")
        workflow_run.output(name, value)
    if not target:
        print(f"no stack runs the branch {pushed}: nothing is deployed")
    return Report(facts=facts)


def check_approval(environment: str, version: str | None, slug: str | None) -> Report:
    """Refuse unless someone who did not ask for the deploy approved this run."""
    repository = GitHubRepository.from_environment(slug)
    approvers = require_other_approver(repository, _own_run(), environment, version)
    print(f"approved by {', '.join(approvers)}")
    workflow_run.summarize(f"Approved by {', '.join(map(code, approvers))}.")
    return Report(facts={"environment": environment, "approvers": approvers})


def cancel_waiting(stack: str, job: str, slug: str | None) -> Report:
    """Cancel deploys to a stack that wait for an approval, until a job of this run has left the queue."""
    cancelled = clear_queue(GitHubRepository.from_environment(slug), stack, _own_run(), job)
    if not cancelled:
        print(f"no deploy to {stack} waits for an approval")
    workflow_run.summarize("\n".join(f"- cancelled, as it waited for an approval: {url}" for url in cancelled))
    return Report(facts={"stack": stack, "cancelled": cancelled})


def verify_signatures(folder: Path, stack: str, slug: str | None) -> Report:
    """Refuse unless our deploy workflow signed every image that the evidence in a folder names.

    Args:
        stack: whose registry holds them.
    """
    repository = GitHubRepository.from_environment(slug)
    registry = StackRegistry.of(stack, read_configuration(stack))
    seen = read_evidence(folder)
    images = {name: service.image for name, service in sorted(seen.services.items())}
    # Set where prod has an account of its own, whose login does not open this registry.
    login = registry.find_login(SOURCE_TOKEN) if os.environ.get(SOURCE_TOKEN) else None
    for name, image in images.items():
        if not image.startswith(f"{registry.host}/"):
            raise RefusedError(f"{name}: the evidence names {image}, which is not in {registry.host}")
        signatures.refuse_unsigned(name, image, repository.slug, login)
        print(f"{name}: {image} is signed")
    return Report(facts={"stack": stack, "images": images})


def _own_run() -> int:
    if (run := workflow_run.run_id()) is None:
        raise MissingError("GITHUB_RUN_ID is not set: this command is for a run of a workflow")
    return run
