"""Whether a commit could be released: what the checkout alone shows."""

from __future__ import annotations

import re
from pathlib import Path

from delivery.provenance.gate import Fact
from infra.config.schema import StackSettings
from infra.config.settings import SettingsError, validate_config
from infra.config.stack_file import StackFileError, load_document

UNRELEASED = re.compile(r"^## \[?Unreleased\]?\n(?P<text>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def check_readiness(checkout: Path = Path(), stacks: tuple[str, ...] = ("staging", "prod")) -> list[Fact]:
    """Every condition, one after another whatever became of the one before."""
    settings = {stack: _read_settings(checkout / f"Pulumi.{stack}.yaml") for stack in stacks}
    conditions = [
        Fact(f"Pulumi.{stack}.yaml", not isinstance(found, str), found if isinstance(found, str) else "usable")
        for stack, found in settings.items()
    ]
    good = {stack: found for stack, found in settings.items() if isinstance(found, StackSettings)}
    services = {stack: set(found.services) for stack, found in good.items()}
    same = len({frozenset(names) for names in services.values()}) == 1
    listed = "; ".join(f"{stack}: {', '.join(sorted(names))}" for stack, names in services.items())
    conditions.append(Fact("same services everywhere", same, listed))
    building = [stack for stack, found in good.items() if found.images == "build"]
    conditions.append(Fact("one stack builds", building == ["staging"], f"built by {', '.join(building) or 'none'}"))
    conditions += [_check_alerts(stack, found) for stack, found in good.items() if found.images != "build"]
    conditions.append(_check_changelog(checkout / "CHANGELOG.md"))
    return conditions


def _read_settings(file: Path) -> StackSettings | str:
    """The settings of a stack file, or why there are none."""
    try:
        document = load_document(file)
        return validate_config(document.content["config"], file=document, checkout=file.parent)
    except (StackFileError, SettingsError) as error:
        return str(error)


def _check_alerts(stack: str, settings: StackSettings) -> Fact:
    """Whether somebody hears of an outage; that nobody does is said, and stops nothing."""
    receivers = [*settings.alerts.emails, *filter(None, [settings.alerts.slack_channel])]
    advice = "nobody hears of an outage; write slipway:alerts.emails or slackChannel"
    return Fact(f"alerts of {stack}", True if receivers else None, ", ".join(receivers) or advice)


def _check_changelog(file: Path) -> Fact:
    match = UNRELEASED.search(file.read_text()) if file.exists() else None
    if match is None:
        return Fact("changelog", holds=False, detail=f"{file.name} has no `## Unreleased`")
    count = sum(line.startswith("- ") for line in match["text"].splitlines())
    return Fact("changelog", holds=True, detail=f"{count} entries are not released yet")
