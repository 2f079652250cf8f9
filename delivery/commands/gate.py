"""The facts before a release, without secrets."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from delivery.commands.target import DEPLOYING
from delivery.github import artifacts, workflow_run
from delivery.github.answers import WorkflowRun
from delivery.github.branches import read_branches
from delivery.github.client import GitHubRepository
from delivery.outcome import RefusedError, Report, Status
from delivery.provenance import signatures
from delivery.provenance.gate import Gate, format_facts
from delivery.provenance.readiness import check_readiness
from delivery.stack.commits import is_merged, require_commit
from delivery.stack.pulumi_stack import PulumiStack

STARTED_ON_MAIN = {"workflow_run", "workflow_dispatch"}  # events whose runs take the workflow of the branch they name


def gate(release: str, *, attestations: bool, repository: str | None) -> Report:
    """Print every fact; status 3 when one does not hold.

    Evidence counts that runs on a protected branch left. Whoever can push a branch can leave an artifact of any name.
    """
    asked = GitHubRepository.from_environment(repository)
    staged, live, branches = Path("evidence/staging"), Path("evidence/prod"), read_branches().names
    if artifacts.newest(asked, "staging-release", staged, branches, _is_evidence) is None:
        raise RefusedError("no evidence of a deploy to staging is left: deploy this release to staging first")
    has_live = artifacts.newest(asked, "prod-release", live, branches, _is_evidence) is not None
    sha = require_commit(release)
    facts = Gate(
        release=sha,
        staged=staged,
        live=live if has_live else None,
        verify_file=(lambda file: signatures.verify_file(file, asked.slug)) if attestations else None,
    ).establish_facts()
    workflow_run.summarize(f"### Evidence for `{sha[:12]}`\n\n{format_facts(facts)}")
    if failed := [fact for fact in facts if fact.holds is False]:
        raise RefusedError("; ".join(f"{fact.name}: {fact.detail}" for fact in failed))
    return Report(facts={"release": sha, "facts": [asdict(fact) for fact in facts]})


def _is_evidence(run: WorkflowRun) -> bool:
    """Whether a run is of a workflow that leaves evidence, by the code of a commit that was merged.

    For a pull request GitHub runs the workflow of a merge commit, and records the head: a merged one, if the pull
    request is from a protected branch.
    """
    return run.workflow in DEPLOYING and run.event in STARTED_ON_MAIN and is_merged(run.head_sha)


def check_release_readiness(release: str | None) -> Report:
    """Print every condition; status 1 when one does not hold.

    Args:
        release: commit, tag or branch, which this code judges; None: the working copy.
    """
    if release is None:
        facts = check_readiness()
    else:
        with PulumiStack("staging").check_out(require_commit(release)) as there:
            facts = check_readiness(there.checkout)
    workflow_run.summarize(f"### Deployment readiness\n\n{format_facts(facts)}")
    for fact in facts:
        if not fact.holds:
            print(f"{fact.name}: {fact.detail}")
    status = Status.FAILED if any(fact.holds is False for fact in facts) else Status.OK
    return Report(status, {"facts": [asdict(fact) for fact in facts]})
