"""`slipway stack`: what runs on staging and prod, and how that is changed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from delivery.outcome import Report, Status
from slipway import stack_options as own
from slipway.declaration import create_group, declare
from slipway.options import (
    TIMEOUT_SECONDS,
    ConfigFile,
    Evidence,
    Repository,
    Stack,
    Stacks,
    Timeout,
    Urls,
    parse_urls,
)

if TYPE_CHECKING:
    from delivery.commands.target import Target

app = create_group("Staging and prod: what runs there, deploy, promote, roll back, preview, verify.")

SHOWN = ("staging", "prod")
ASKS = (Status.FAILED, Status.UNREACHABLE, Status.MISSING)  # Pulumi or an API is asked, and nothing changed
CHANGES = (Status.FAILED, Status.REFUSED, Status.UNREACHABLE, Status.MISSING, Status.ROLLED_BACK)
SEE_STATUS = {Status.REFUSED: "slipway stack status", Status.FAILED: "slipway stack status"}


@declare(
    app,
    "status",
    examples=["stack status", "stack status --stack prod --history 20", "stack status --json"],
    statuses=ASKS,
)
def status(
    stack: Stacks = None,
    history: own.History = 5,
    config_file: ConfigFile = None,
) -> Report:
    """Show what each stack runs, by commit, version and digest, and the last releases that ran there."""
    from delivery.commands import releases

    return releases.show(stack or SHOWN, config_file, history)


@declare(
    app,
    "deploy",
    examples=[
        "stack deploy --stack staging  # the commit that is checked out",
        "stack deploy --stack prod --release v1.4.0  # ends a hold, as a person names it",
    ],
    statuses=CHANGES,
    hints=SEE_STATUS,
    streams=True,
)
def deploy(
    *,
    stack: Stack,
    release: own.Release = "HEAD",
    automatic: own.Automatic = False,
    allow_unmerged: own.AllowUnmerged = False,
    config_file: ConfigFile = None,
    url: Urls = None,
    timeout: Timeout = TIMEOUT_SECONDS,
    evidence: Evidence = None,
    repo: Repository = None,
) -> Report:
    """Deploy a release to a stack and verify it. If it fails, the last good release is deployed again."""
    from delivery.commands import releases

    target = _target(stack, config_file, urls=url, timeout=timeout, evidence=evidence, repository=repo)
    return releases.deploy(
        releases.DeployRequest(target=target, release=release, automatic=automatic, allow_unmerged=allow_unmerged)
    )


@declare(
    app,
    "promote",
    examples=[
        "stack promote  # if staging runs the commit that is checked out",
        "stack promote --release v1.4.0",
    ],
    statuses=CHANGES,
    hints=SEE_STATUS,
    streams=True,
)
def promote(
    *,
    release: own.Release = "HEAD",
    version: own.Version = None,
    source: own.Source = "staging",
    staged: own.Staged = None,
    signed: own.Signed = False,
    automatic: own.Automatic = False,
    stack: Stack = "prod",
    config_file: ConfigFile = None,
    url: Urls = None,
    timeout: Timeout = TIMEOUT_SECONDS,
    evidence: Evidence = None,
    repo: Repository = None,
) -> Report:
    """Take to prod the digests that staging runs, under a version. Nothing is built."""
    from delivery.commands import releases

    target = _target(stack, config_file, urls=url, timeout=timeout, evidence=evidence, repository=repo)
    return releases.promote(
        releases.PromoteRequest(
            target=target,
            release=release,
            version=version,
            source=source,
            staged=staged,
            signed=signed,
            automatic=automatic,
        )
    )


@declare(
    app,
    "rollback",
    examples=[
        "stack rollback --stack prod  # list the releases, and ask which",
        "stack rollback --stack prod --to previous --dry-run  # which release, and are its images there",
        "stack rollback --stack prod --to v1.3.2",
    ],
    statuses=CHANGES,
    hints=SEE_STATUS,
    streams=True,
)
def rollback(
    *,
    stack: Stack,
    to: own.To = None,
    dry_run: own.DryRun = False,
    allow_destructive: own.AllowDestructive = False,
    signed: own.Signed = False,
    config_file: ConfigFile = None,
    url: Urls = None,
    timeout: Timeout = TIMEOUT_SECONDS,
    evidence: Evidence = None,
    repo: Repository = None,
) -> Report:
    """Run an earlier release again, and verify it. Nothing is built.

    Afterwards the stack is held: no automatic deploy reaches it until a person deploys a named release, or resumes.
    """
    from delivery.commands import rollbacks

    if to is None and not dry_run and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise typer.BadParameter("without a terminal nobody can be asked; write it: `previous`", param_hint="--to")
    target = _target(stack, config_file, urls=url, timeout=timeout, evidence=evidence, repository=repo)
    return rollbacks.roll_back(
        rollbacks.RollbackRequest(
            target=target, to=to, dry_run=dry_run, allow_destructive=allow_destructive, signed=signed
        )
    )


@declare(
    app,
    "preview",
    examples=[
        "stack preview --stack staging  # what the working copy would change, and its cost",
        "stack preview --stack prod --release v1.4.0",
        "stack preview --stack prod --live --refresh  # drift: what differs from what runs",
        "stack preview --stack prod --from preview.json  # of `pulumi preview --json`",
    ],
    statuses=(Status.FAILED, Status.REFUSED, Status.UNREACHABLE, Status.MISSING),
)
def preview(
    *,
    stack: Stack,
    release: own.PreviewedRelease = None,
    live: own.Live = False,
    refresh: own.Refresh = False,
    file: own.SavedPreview = None,
    expect_no_changes: own.ExpectNoChanges = False,
    within: own.Within = None,
    save: own.Save = None,
) -> Report:
    """Summarize what `pulumi preview` says: destructive changes first, then counts, each change, and the cost."""
    from delivery.commands import previews
    from delivery.stack.pulumi_stack import PulumiStack

    request = previews.PreviewRequest(
        stack=PulumiStack(stack), file=file, release=release, live=live, refresh=refresh
    )
    return previews.preview(request, expect_no_changes=expect_no_changes, within=within, save=save)


@declare(
    app,
    "graph",
    examples=[
        "stack graph --stack prod  # Mermaid, which GitHub draws",
        "stack graph --stack prod --save docs/reference/resources.md",
    ],
    statuses=(Status.FAILED, Status.MISSING),
    hints={Status.FAILED: "slipway config check"},
)
def graph(stack: Stack, save: own.SaveFile = None) -> Report:
    """Draw what the program declares for a stack: its components, their resources, and what waits for what.

    Neither a cloud nor the stack's state is asked; `pulumi stack graph` draws what is deployed.
    """
    from slipway import resource_diagram

    return resource_diagram.show(stack, save)


def _target(
    stack: str,
    config_file: Path | None,
    *,
    urls: list[str] | None = None,
    timeout: float = TIMEOUT_SECONDS,
    evidence: Path | None = None,
    repository: str | None = None,
) -> Target:
    from delivery.commands.target import Target
    from delivery.stack.pulumi_stack import PulumiStack

    return Target(
        stack=PulumiStack(stack, config_file=config_file),
        urls=parse_urls(urls or []),
        timeout=timeout,
        evidence=evidence,
        repository=repository,
    )
