"""Commands that notify people: `report`, `comment`, `notify`, `drift`, `backlog`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from delivery import artifacts, backlog, ci_report, comment, evidence, notification, tracking_issue, workflow_run
from delivery.commands import options as shared
from delivery.github import Repository
from delivery.outcome import Status
from delivery.redaction import redacted
from delivery.repository_settings import BRANCHES
from delivery.tracking_issue import Problem

STATES = tuple(notification.SIGNS)
DEPLOY = "deploy.yml"


def add(commands: Any) -> None:
    """Declare the commands."""
    parser = commands.add_parser(
        "report", help="what failed in a CI run: issues on a branch, a comment on a pull request"
    )
    parser.add_argument("--run", dest="ci_run", type=int, required=True, metavar="ID", help="of the finished run")
    shared.repository(parser)
    parser.set_defaults(run=report)

    parser = commands.add_parser("comment", help="create or update the pull request comment for a purpose")
    parser.add_argument("--number", type=int, required=True, help="of the pull request or issue")
    parser.add_argument("--purpose", required=True, help="distinguishes the comment from others: preview")
    parser.add_argument("file", nargs="+", type=Path, help="Markdown, one after another")
    shared.repository(parser)
    parser.set_defaults(run=write_comment)

    parser = commands.add_parser("notify", help="notify by Slack and e-mail; silent where neither is configured")
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--status", choices=STATES)
    how.add_argument("--results", help="toJSON(needs) of a workflow's job: the worst result is the status")
    parser.add_argument("--title", required=True)
    parser.add_argument("--text", default="")
    parser.set_defaults(run=notify)

    parser = commands.add_parser("drift", help="one issue per stack that differs from what it declares")
    parser.add_argument("folder", type=Path, help="a folder for each stack, as `summarize-preview --save` writes it")
    parser.add_argument("--stack", action="append", required=True, help="each that should have been previewed")
    shared.repository(parser)
    parser.set_defaults(run=drift)

    parser = commands.add_parser("backlog", help="one issue for what is merged or asked for, and does not run")
    parser.add_argument("--branch", default="origin/develop", help="what should run on staging (origin/develop)")
    shared.repository(parser)
    parser.set_defaults(run=waiting)


def report(options: argparse.Namespace) -> Status:
    """Report what failed."""
    repository = Repository.from_environment(options.repo)
    run = ci_report.of_run(repository, options.ci_run)
    if run.event == "pull_request":
        done = ci_report.on_pull_request(repository, run)
    elif run.branch in BRANCHES:
        done = ci_report.on_branch(repository, run)
    else:
        done = [f"{run.branch} is neither of {', '.join(BRANCHES)}, and no pull request: nothing to report"]
    workflow_run.summarize("\n".join(f"- {line}" for line in done) or "Nothing to report.")
    return Status.OK


def write_comment(options: argparse.Namespace) -> Status:
    """Write or edit the comment."""
    texts = [
        file.read_text()
        if file.exists()
        else f"### `{file.parent.name}`\n\n**No preview**: the run has the reason.\n"
        for file in options.file
    ]
    where = f"[the run]({url})" if (url := workflow_run.url()) else "the run"
    body = comment.fitted("", [redacted(text) for text in texts], where)
    print(comment.write(Repository.from_environment(options.repo), options.number, options.purpose, body))
    return Status.OK


def notify(options: argparse.Namespace) -> Status:
    """Send a message wherever one can go."""
    status = options.status or notification.worst(options.results)
    message = notification.Notification(status, options.title, options.text, workflow_run.url())
    sent = notification.send(message)
    print(f"notified by {' and '.join(sent)}" if sent else "no channel is configured")
    return Status.OK


def drift(options: argparse.Namespace) -> Status:
    """Open, update or close each stack's issue."""
    repository = Repository.from_environment(options.repo)
    for stack in options.stack:
        folder = options.folder / stack
        if (folder / "plan.json").exists():
            plan, text = json.loads((folder / "plan.json").read_text()), (folder / "comment.md").read_text()
        else:  # its job ended before there was anything to say, most often for want of a right
            plan, text = {"stack": stack, "changed": False, "failed": True}, "The run has the reason."
        _tell_drift(repository, plan, text)
    return Status.OK


def _tell_drift(repository: Repository, plan: dict[str, Any], text: str) -> None:
    stack, label = plan["stack"], "drift"
    purpose = f"drift stack={stack}"
    if not plan["changed"] and not plan["failed"]:
        numbers = tracking_issue.close(repository, label, purpose, f"{stack} is as declared again.")
        print(f"{stack} is as declared" + "".join(f"; #{number} closed" for number in numbers))
        return
    what = "cannot be previewed" if plan["failed"] else "differs from what it declares"
    body = redacted(f"{text}\n\nFound by {workflow_run.url()}. docs/runbook.md, 'Drift'.")
    print(tracking_issue.keep_open(repository, Problem(purpose, label, f"drift: {stack} {what}", body)))


def waiting(options: argparse.Namespace) -> Status:
    """Open, update or close the issue about what waits."""
    repository = Repository.from_environment(options.repo)
    folder = Path("evidence/staging")
    commits = []
    if artifacts.newest(repository, "staging-release", folder, BRANCHES) is not None:
        commits = backlog.unreleased(evidence.read(folder).release, options.branch)
    text = backlog.text(commits, backlog.waiting(repository, DEPLOY), options.branch)
    purpose, label = "backlog", "backlog"
    if not text:
        numbers = tracking_issue.close(repository, label, purpose, "Nothing waits any more.")
        print("nothing waits" + "".join(f"; #{number} closed" for number in numbers))
        return Status.OK
    print(tracking_issue.keep_open(repository, Problem(purpose, label, "Merged or asked for, and not live", text)))
    return Status.OK
