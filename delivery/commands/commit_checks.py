"""The command that asks GitHub whether a commit may be deployed: its checks, and where its version points."""

from __future__ import annotations

import re
from collections.abc import Sequence

from delivery.github import workflow_run
from delivery.github.checks import require_checks, require_ci_run
from delivery.github.client import GitHubRepository
from delivery.github.markdown import code, link
from delivery.github.tags import refuse_moved
from delivery.outcome import Report
from delivery.stack.commits import require_commit
from delivery.stack.history import find_version

VERSION = re.compile(r"v\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?")


def check_commit(release: str, names: Sequence[str], slug: str | None, *, wait_seconds: float) -> Report:
    """Print each check of a commit; status 3 when one did not succeed, or its version was moved.

    Args:
        release: commit, tag or branch.
        names: of the checks that must have succeeded.
        wait_seconds: how long they may take that are at work still.
    """
    repository = GitHubRepository.from_environment(slug)
    sha = require_commit(release)
    version = release if VERSION.fullmatch(release) else find_version(sha)
    if version:
        refuse_moved(repository, version, sha)
        print(f"{version} is {sha[:12]} on GitHub, and always was")
    runs = require_checks(repository, sha, names, wait_seconds=wait_seconds)
    print(f"ci of {sha[:12]} succeeded: {require_ci_run(repository, sha).html_url}")
    for run in runs:
        print(f"{run.name} of {sha[:12]} succeeded: {run.html_url}")
    lines = [f"- {link(code(run.name), run.html_url)} succeeded" for run in runs]
    workflow_run.summarize(f"### Checks of {code(sha[:12])}\n\n" + "\n".join(lines))
    checks = [{"name": run.name, "url": run.html_url} for run in runs]
    return Report(facts={"release": sha, "version": version, "checks": checks})
