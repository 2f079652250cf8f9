"""`slipway ci`: what only workflows and `make check` use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from delivery.outcome import Report, Status
from slipway.declaration import create_group, declare
from slipway.options import Apply, Repository

app = create_group("For workflows: facts before a release, reports, issues and comments.")

ASKS_GITHUB = (Status.FAILED, Status.UNREACHABLE, Status.MISSING)


@declare(app, "services", examples=["ci services"], statuses=(Status.MISSING,))
def services() -> Report:
    """Print the services that have an image, as JSON for a workflow's matrix."""
    from delivery.commands import services

    return services.services()


@declare(
    app,
    "audit",
    examples=["ci audit . backend chatbot_backend"],
    statuses=(Status.FAILED, Status.UNREACHABLE, Status.MISSING),
)
def audit(
    project: Annotated[list[Path], typer.Argument(metavar="FOLDER...", help="The folders of uv projects.")],
    osv_url: Annotated[
        str | None, typer.Option("--osv-url", metavar="URL", help="Ask this service, by OSV's protocol, not PyPI.")
    ] = None,
) -> Report:
    """List known vulnerabilities of what is locked. It fails when one at run time has a fix."""
    from delivery.commands import dependencies

    return dependencies.audit(project, osv_url)


@declare(
    app,
    "compare-perf",
    examples=[
        "ci compare-perf summary.json --baseline-artifact performance-baseline",
        "ci compare-perf now.json --baseline good.json",
        "ci compare-perf summary.json --baseline good.json --accept  # slower from now on, and that is all right",
    ],
    statuses=ASKS_GITHUB,
)
def compare_perf(
    now: Annotated[Path, typer.Argument(metavar="FILE", help="Of `k6 run --summary-export`.")],
    baseline: Annotated[
        Path | None, typer.Option("--baseline", metavar="FILE", help="The summary of a good run.")
    ] = None,
    baseline_artifact: Annotated[
        str | None,
        typer.Option(
            "--baseline-artifact", metavar="NAME", help="The newest artifact of this name has the good run's summary."
        ),
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Make this run the next baseline, although it is slower.")
    ] = False,
    repo: Repository = None,
) -> Report:
    """Compare a load test with a good one. It fails when this one is worse than it may be.

    The step's output `baseline` is `true` when the next run may be compared with this one: never a worse one.
    """
    from delivery.commands import load_tests

    return load_tests.compare(
        now, baseline_file=baseline, baseline_artifact=baseline_artifact, repository=repo, accept=accept
    )


@declare(app, "report", examples=["ci report --run 123456 --repo owner/name"], statuses=ASKS_GITHUB)
def report(
    ci_run: Annotated[int, typer.Option("--run", metavar="ID", help="The finished run.")],
    repo: Repository = None,
) -> Report:
    """Report what failed in a run of any workflow: issues on a branch, an issue and a comment on a pull request."""
    from delivery.commands import reports

    return reports.report(ci_run, repo)


@declare(
    app,
    "comment",
    examples=["ci comment --number 5 --purpose preview preview/staging/comment.md preview/prod/comment.md"],
    statuses=ASKS_GITHUB,
)
def comment(
    number: Annotated[int, typer.Option("--number", metavar="N", help="Of the pull request or issue.")],
    purpose: Annotated[str, typer.Option("--purpose", help="Distinguishes the comment from others: `preview`.")],
    file: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Markdown, one after another.")],
    repo: Repository = None,
) -> Report:
    """Create or update the comment of a pull request that has a purpose."""
    from delivery.commands import reports

    return reports.write_comment(number, purpose, file, repo)


@declare(
    app,
    "notify",
    examples=["ci notify --status failure --title 'deploy to staging'"],
    statuses=(Status.FAILED, Status.UNREACHABLE, Status.MISSING),
)
def notify(
    title: Annotated[str, typer.Option("--title", help="What ended.")],
    text: Annotated[str, typer.Option("--text", help="Further lines.")] = "",
    status: Annotated[
        Literal["success", "failure", "cancelled", "rolled-back", "skipped", "held", "waiting"] | None,
        typer.Option("--status", help="How it ended."),
    ] = None,
    results: Annotated[
        str | None,
        typer.Option(
            "--results", metavar="JSON", help="`toJSON(needs)` of a workflow's job: the worst result is the status."
        ),
    ] = None,
) -> Report:
    """Notify by Slack and e-mail; silent where neither is configured. It takes `--status` or `--results`."""
    from delivery.commands import reports

    if (status is None) == (results is None):
        raise typer.BadParameter("give one of them", param_hint="--status / --results")
    return reports.notify(title, text, status=status, results=results)


@declare(app, "drift", examples=["ci drift preview --stack staging --stack prod"], statuses=ASKS_GITHUB)
def drift(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="With a folder for each stack, as `stack preview --save` writes it."),
    ],
    stack: Annotated[
        list[str], typer.Option("--stack", metavar="STACK", help="Each that should have been previewed.")
    ],
    repo: Repository = None,
) -> Report:
    """Keep one issue open for each stack that differs from what it declares."""
    from delivery.commands import reports

    return reports.drift(folder, stack, repo)


@declare(app, "backlog", examples=["ci backlog"], statuses=ASKS_GITHUB)
def backlog(
    branch: Annotated[
        str | None,
        typer.Option("--branch", metavar="REVISION", help="What should run on staging. Default: its own branch."),
    ] = None,
    repo: Repository = None,
) -> Report:
    """Keep one issue open for what is merged or asked for, and does not run."""
    from delivery.commands import reports

    return reports.report_backlog(branch, repo)


@declare(
    app,
    "cleanup-storage",
    examples=["ci cleanup-storage  # what would be deleted", "ci cleanup-storage --apply"],
    statuses=ASKS_GITHUB,
)
def cleanup_storage(repo: Repository = None, apply: Apply = False) -> Report:
    """Delete caches of closed pull requests and of branches that are gone, and artifacts older than their use.

    Evidence of deploys, performance baselines and scan findings stay as long as their workflows say.
    """
    from delivery.commands import storage

    return storage.cleanup_storage(repo, apply=apply)
