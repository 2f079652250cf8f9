"""`slipway ci`, for the workflows that scan: what Trivy found in images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from delivery.outcome import Report, Status
from slipway.declaration import create_group, declare
from slipway.options import Repository

app = create_group("What Trivy found in images.")


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
