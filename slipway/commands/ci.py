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


@declare(
    app,
    "resolve",
    examples=["ci resolve v1.4.0", "ci resolve --merged HEAD"],
    statuses=(Status.REFUSED, Status.MISSING),
)
def resolve(
    revision: Annotated[str, typer.Argument(metavar="REVISION", help="The commit, tag or branch.")],
    merged: Annotated[bool, typer.Option("--merged", help="Refuse what is part of no protected branch.")] = False,
) -> Report:
    """Print the commit and the version that a revision means, and set them as outputs of the step."""
    from delivery.commands import releases

    return releases.resolve(revision, merged=merged)


@declare(app, "services", examples=["ci services"], statuses=(Status.MISSING,))
def services() -> Report:
    """Print the services that have an image, as JSON for a workflow's matrix."""
    from delivery.commands import services

    return services.services()


@declare(
    app,
    "readiness",
    examples=["ci readiness", "ci readiness --release v1.4.0  # by the code that is checked out"],
    statuses=(Status.FAILED, Status.REFUSED, Status.MISSING),
)
def readiness(
    release: Annotated[
        str | None, typer.Option("--release", metavar="REVISION", help="Default: the working copy.")
    ] = None,
) -> Report:
    """Check whether a commit could be released. It fails when a condition does not hold."""
    from delivery.commands import gate

    return gate.check_release_readiness(release)


@declare(
    app,
    "gate",
    examples=["ci gate --release v1.4.0 --repo owner/name"],
    statuses=(Status.FAILED, Status.REFUSED, Status.UNREACHABLE, Status.MISSING),
)
def gate(
    release: Annotated[
        str, typer.Option("--release", metavar="REVISION", help="The commit, tag or branch.")
    ] = "HEAD",
    without_attestations: Annotated[
        bool, typer.Option("--without-attestations", help="The repository's plan has none.")
    ] = False,
    repo: Repository = None,
) -> Report:
    """Establish the facts before a promotion, without secrets. It refuses when one does not hold."""
    from delivery.commands import gate

    return gate.gate(release, attestations=not without_attestations, repository=repo)


@declare(
    app,
    "checks",
    examples=[
        "ci checks --release v1.4.0 --repo owner/name",
        "ci checks --release HEAD --wait 3600  # ci of this commit may be at work still",
    ],
    statuses=(Status.FAILED, Status.REFUSED, Status.UNREACHABLE, Status.MISSING),
)
def checks(
    release: Annotated[str, typer.Option("--release", metavar="REVISION", help="The commit, tag or branch.")],
    check: Annotated[
        list[str] | None,
        typer.Option("--check", metavar="NAME", help="A check that must succeed. Default: `required-checks`."),
    ] = None,
    wait: Annotated[
        float, typer.Option("--wait", metavar="SECONDS", min=0, help="How long checks at work may take still.")
    ] = 0,
    repo: Repository = None,
) -> Report:
    """Refuse a commit whose checks on GitHub did not succeed, or whose version tag was moved."""
    from delivery.commands import commit_checks
    from delivery.github.repository_settings import REQUIRED_CHECKS

    return commit_checks.check_commit(release, check or REQUIRED_CHECKS[:1], repo, wait_seconds=wait)


@declare(app, "sign", examples=["ci sign evidence"], statuses=(Status.FAILED, Status.MISSING))
def sign(
    evidence: Annotated[Path, typer.Argument(metavar="FOLDER", help="What `stack deploy --evidence` wrote.")],
) -> Report:
    """Sign every image that the evidence names, as the workflow that runs."""
    from delivery.commands import releases

    return releases.sign(evidence)


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
    "judge-scan",
    examples=["ci judge-scan scans/backend.json", "ci judge-scan scans/backend.json --images images  # of what runs"],
    statuses=(Status.FAILED, Status.REFUSED, Status.MISSING),
)
def judge_scan(
    scan: Annotated[
        Path, typer.Argument(metavar="FILE", help="Of `trivy image --format json`, named after a service.")
    ],
    images: Annotated[
        Path | None,
        typer.Option(
            "--images",
            metavar="FOLDER",
            help="Of `slipway images export`: refuse a scan of another image.",
        ),
    ] = None,
) -> Report:
    """Judge what Trivy found in an image. It fails when a grave vulnerability has a fix."""
    from delivery.commands import scans

    return scans.judge_scan(scan, images)


@declare(
    app,
    "report-scans",
    examples=["ci report-scans scans --stack staging --stack prod --save scan-findings"],
    statuses=(Status.FAILED, Status.UNREACHABLE, Status.MISSING),
)
def report_scans(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="With a folder `scans-STACK` for each stack.")],
    stack: Annotated[list[str], typer.Option("--stack", metavar="STACK", help="Whose images; may be repeated.")],
    save: Annotated[
        Path,
        typer.Option("--save", metavar="FOLDER", help="Write the findings there, for the artifact `scan-findings`."),
    ],
    repo: Repository = None,
) -> Report:
    """Keep one issue open for each stack that runs vulnerable images. It fails when an image was not scanned."""
    from delivery.commands import scans

    return scans.report_scans(folder, stack, save=save, repository=repo)


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
        str, typer.Option("--branch", metavar="REVISION", help="What should run on staging.")
    ] = "origin/develop",
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
