"""Commands that notify people: report a CI run, comment, notify, drift, backlog."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from delivery.github import artifacts, backlog, ci_report, comment, tracking_issue, workflow_run
from delivery.github.branches import read_branches
from delivery.github.ci_run import read_run
from delivery.github.client import GitHubRepository
from delivery.github.markdown import Section, code, fit, link, split
from delivery.github.tracking_issue import Problem
from delivery.notification import channels
from delivery.notification.job_results import read_ending
from delivery.notification.message import Notification, Status
from delivery.outcome import MissingError, Report
from delivery.provenance.evidence import read_evidence
from delivery.redaction import redacted

DEPLOY = "deploy.yml"


def report(run_id: int, slug: str | None) -> Report:
    """Report what failed in a run of any workflow: issues on a branch, an issue and a comment on a pull request."""
    repository = GitHubRepository.from_environment(slug)
    done = ci_report.report(repository, read_run(repository, run_id))
    workflow_run.summarize("\n".join(f"- {line}" for line in done) or "Nothing to report.")
    return Report(facts={"reported": done})


def write_comment(number: int, purpose: str, files: Sequence[Path], slug: str | None) -> Report:
    """Write or edit the comment of a pull request that has this purpose."""
    texts = [
        file.read_text(errors="replace")
        if file.exists()
        else f"### {code(file.parent.name)}\n\n**No preview**: the run has the reason.\n"
        for file in files
    ]
    where = link("the run", workflow_run.url() or "")
    body = fit("", [split(redacted(text)) for text in texts], where)
    said = comment.write(GitHubRepository.from_environment(slug), number, purpose, body)
    print(said)
    return Report(facts={"comment": said})


def notify(title: str, text: str, *, status: Status | None, results: str | None) -> Report:
    """Send a message wherever one can go; one of `status` and `results` (of jobs, as JSON) is given."""
    if status is None:
        ending = read_ending(results or "")
        status, text = ending.status, "\n".join([*([text] if text else []), *ending.lines])
    sent = channels.send(Notification(status, title, text, workflow_run.url()))
    print(f"notified by {' and '.join(sent)}" if sent else "no channel is configured")
    return Report(facts={"ending": status, "notified": sent})


def drift(root: Path, stacks: Sequence[str], slug: str | None) -> Report:
    """Open, update or close each stack's issue; `root` has a folder for each, as a preview with --save writes it."""
    repository = GitHubRepository.from_environment(slug)
    plans = []
    for stack in stacks:
        folder = root / stack
        if (folder / "plan.json").exists():
            plan, text = _saved_plan(folder)
        else:  # its job ended before there was anything to say, most often for want of a right
            plan, text = {"stack": stack, "changed": False, "failed": True}, "The run has the reason."
        _report_drift(repository, plan, text)
        plans.append(plan)
    return Report(facts={"stacks": plans})


def _saved_plan(folder: Path) -> tuple[dict[str, Any], str]:
    try:
        plan = json.loads((folder / "plan.json").read_text())
        facts = {"stack": folder.name, "changed": bool(plan["changed"]), "failed": bool(plan["failed"])}
        return facts, (folder / "comment.md").read_text(errors="replace")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise MissingError(f"{folder} is not what `slipway stack preview --save` writes: {error!r}") from error


def _report_drift(repository: GitHubRepository, plan: dict[str, Any], text: str) -> None:
    stack, label = plan["stack"], "drift"
    purpose = f"drift stack={stack}"
    if not plan["changed"] and not plan["failed"]:
        numbers = tracking_issue.close_issues(repository, label, purpose, f"{stack} is as declared again.")
        print(f"{stack} is as declared" + "".join(f"; #{number} closed" for number in numbers))
        return
    what = "cannot be previewed" if plan["failed"] else "differs from what it declares"
    found_by = f"Found by {link('the run', workflow_run.url() or '')}. docs/runbook.md, 'Drift'.\n"
    body = fit("", [split(redacted(text)), Section(found_by)], link("the run", workflow_run.url() or ""))
    print(tracking_issue.open_issue(repository, Problem(purpose, label, f"drift: {stack} {what}", body)))


def report_backlog(branch: str | None, slug: str | None) -> Report:
    """Open, update or close the issue about what waits, and does not run yet.

    Args:
        branch: what should run on staging; None: the branch that ci.yml names.
    """
    branch = branch or f"origin/{read_branches().staging}"
    repository = GitHubRepository.from_environment(slug)
    folder = Path("evidence/staging")
    commits = []
    if artifacts.newest(repository, "staging-release", folder, read_branches().names) is not None:
        commits = backlog.unreleased(read_evidence(folder).release, branch)
    text = backlog.text(commits, backlog.list_waiting(repository, DEPLOY), branch)
    purpose, label = "backlog", "backlog"
    if not text:
        numbers = tracking_issue.close_issues(repository, label, purpose, "Nothing waits any more.")
        print("nothing waits" + "".join(f"; #{number} closed" for number in numbers))
        return Report(facts={"waiting": False})
    print(tracking_issue.open_issue(repository, Problem(purpose, label, "Merged or asked for, and not live", text)))
    return Report(facts={"waiting": True, "text": text})
