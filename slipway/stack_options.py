"""Options of `slipway stack`, each for one of its commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from slipway.options import list_stacks

Version = Annotated[
    str | None,
    typer.Option("--version", metavar="vX.Y.Z", help="The tag that images get. Default: the release's own."),
]
Source = Annotated[
    str, typer.Option("--source", help="The stack to take it from.", autocompletion=list_stacks, metavar="STACK")
]
Staged = Annotated[
    Path | None,
    typer.Option("--staged", metavar="FOLDER", help="Evidence of what the source runs, instead of its state."),
]
Signed = Annotated[bool, typer.Option("--signed", help="Refuse images that our deploy workflow did not sign.")]
PreviewedRelease = Annotated[
    str | None,
    typer.Option(
        "--release",
        metavar="REVISION",
        help="The commit, tag or branch, previewed by its own program. Default: the working copy.",
    ),
]
Live = Annotated[bool, typer.Option("--live", help="Preview what runs, by its own program: drift alone.")]
Refresh = Annotated[bool, typer.Option("--refresh", help="Ask the cloud first: what differs from the state counts.")]
SavedPreview = Annotated[
    str | None,
    typer.Option("--from", metavar="FILE", help="A saved `pulumi preview --json`; `-` for standard input."),
]
ExpectNoChanges = Annotated[bool, typer.Option("--expect-no-changes", help="Fail when anything would change.")]
Within = Annotated[
    Path | None,
    typer.Option("--within", metavar="FILE", help="Refuse what replaces or deletes more than this plan.json."),
]
Save = Annotated[Path | None, typer.Option("--save", metavar="FOLDER", help="Write comment.md and plan.json there.")]
SaveFile = Annotated[Path | None, typer.Option("--save", metavar="FILE", help="Write it there instead.")]
Release = Annotated[str, typer.Option("--release", metavar="REVISION", help="The commit, tag or branch.")]
History = Annotated[int, typer.Option("--history", min=0, metavar="N", help="How many of the last releases to list.")]
To = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="SHA|VERSION|previous",
        help="The release to run again. `previous`: the newest that ran well and was not rolled back. Default: ask.",
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Say which release that is, and that its images are there; list all without --to."
    ),
]
Automatic = Annotated[
    bool, typer.Option("--automatic", help="No person named the release: a hold of the stack refuses it.")
]
AllowUnmerged = Annotated[
    bool, typer.Option("--allow-unmerged", help="Even if the release is part of no protected branch.")
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for those who want to deploy.")]
AllowDestructive = Annotated[
    bool, typer.Option("--allow-destructive", help="Even if what holds data is replaced or deleted.")
]
ServiceUrl = Annotated[
    str, typer.Argument(metavar="URL", help="Such as `https://todo.example.com`; plain HTTP only on loopback.")
]
Service = Annotated[str, typer.Option("--service", metavar="NAME", help="The service whose `verify` counts.")]
Stack = Annotated[
    str, typer.Option("--stack", help="The stack whose files count.", autocompletion=list_stacks, metavar="STACK")
]
Tag = Annotated[str | None, typer.Option("--tag", metavar="TAG", help="The tag that the service must say it runs.")]
Image = Annotated[
    str | None, typer.Option("--image", metavar="IMAGE", help="The service's image, to run its journey in.")
]
ServiceUrls = Annotated[list[str], typer.Argument(metavar="URL...", help="Of each service.")]
ReadyPath = Annotated[str, typer.Option("--path", help="What must answer 200.")]
