"""Asking what an update would change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from delivery.redaction import redacted
from delivery.stack.pulumi_cli import PulumiCli, PulumiError, clip_first


def read_preview(cli: PulumiCli, file: Path, *, refresh: bool) -> dict[str, Any]:
    """The plan of `pulumi preview --json`, and under `failed` whether the preview failed.

    Args:
        file: the stack's configuration.
        refresh: whether the cloud is asked first for what the state has.

    Raises:
        MissingError: no Pulumi CLI.
        PulumiError: there is no plan at all.
    """
    # What stays is listed, too: the cost is the whole stack's.
    words = ["--json", "--show-sames", "--config-file", str(file), *(["--refresh"] if refresh else [])]
    process = cli.capture("preview", *words)
    try:
        plan = json.loads(process.stdout)
    except (ValueError, RecursionError):
        plan = None
    if not isinstance(plan, dict):
        text = "\n".join(filter(None, [process.stderr.strip(), clip_first(process.stdout)]))
        raise PulumiError(redacted(f"pulumi preview of {cli.stack} printed no plan: {text}"))
    plan["failed"] = process.returncode != 0
    return plan
