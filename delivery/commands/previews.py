"""What an update would change, and what it would cost."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from delivery.account.prices import read_price_list
from delivery.github import workflow_run
from delivery.outcome import DeliveryError, MissingError, RefusedError, Report, Status
from delivery.stack.commits import require_commit
from delivery.stack.configuration import BUDGET, read_configuration
from delivery.stack.cost import cost_of
from delivery.stack.history import find_version
from delivery.stack.hold import note_restrictions
from delivery.stack.plan import parse_plan
from delivery.stack.preview_summary import summary
from delivery.stack.pulumi_stack import PulumiStack


@dataclass(frozen=True, kw_only=True)
class PreviewRequest:
    """What to preview.

    Attributes:
        file: a saved `pulumi preview --json`, `-` for standard input; None: run it.
        release: commit, tag or branch, previewed by its own program; None: the working copy.
        live: whether what runs is previewed, by its own program.
        refresh: whether to ask the cloud first.
    """

    stack: PulumiStack
    file: str | None = None
    release: str | None = None
    live: bool = False
    refresh: bool = False


def preview(
    request: PreviewRequest,
    *,
    expect_no_changes: bool = False,
    within: Path | None = None,
    save: Path | None = None,
) -> Report:
    """Print what would change; the summary is written whatever became of the preview.

    Args:
        expect_no_changes: whether status is 1 when anything would change.
        within: the plan.json that was approved; status 3 when more is replaced or deleted than in there.
        save: the folder to write comment.md and plan.json to.
    """
    stack = request.stack
    revision = require_commit(request.release) if request.release else None
    notes = [] if request.file else note_restrictions(stack)
    try:
        plan = parse_plan(_preview(request, revision))
    except ValueError as error:
        raise RefusedError(str(error)) from error
    named = (revision and (find_version(revision) or revision[:12])) or (
        "what runs" if request.live else "the working copy"
    )
    where = f"[the run's summary]({url})" if (url := workflow_run.url()) else "the run's summary"
    cost = cost_of(plan, read_price_list(), _read_budget(request, revision))
    facts = {"stack": stack.name, "changed": bool(plan.steps), "failed": bool(plan.errors)}
    destructive = sorted(plan.destructive)
    if save:
        save.mkdir(parents=True, exist_ok=True)
        (save / "comment.md").write_text(summary(plan, stack.name, named, cost, where=where, notes=notes))
        (save / "plan.json").write_text(json.dumps({**facts, "destructive": destructive}, indent=2) + "\n")
    workflow_run.summarize(
        summary(plan, stack.name, named, cost, longest=workflow_run.LONGEST_BYTES // 2, notes=notes)
    )
    if plan.errors:
        raise DeliveryError("the preview failed: " + plan.errors[0])
    if within and (grown := plan.destructive - _approved(within)):
        raise RefusedError(f"more would be replaced or deleted than was approved: {', '.join(sorted(grown))}")
    workflow_run.output("changed", str(bool(plan.steps)).lower())
    status = Status.FAILED if plan.steps and expect_no_changes else Status.OK
    changes = [
        {"kind": step.kind, "type": step.type, "name": step.name, "changes": [asdict(each) for each in step.changes]}
        for step in plan.steps
    ]
    counts = {**plan.counts, "same": plan.same}
    return Report(
        status,
        {**facts, "counts": counts, "destructive": destructive, "cost": cost.describe(), "resources": changes},
    )


def _approved(file: Path) -> set[str]:
    """What was to be replaced or deleted when it was approved."""
    try:
        return set(json.loads(file.read_text())["destructive"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise MissingError(f"{file} is not what --save writes: {error!r}") from error


def _preview(request: PreviewRequest, revision: str | None) -> dict[str, Any]:
    stack = request.stack
    if request.file:
        return _saved(request.file)
    if not request.live:
        with stack.check_out(revision) if revision else nullcontext(stack) as checkout:
            return checkout.preview(revision, refresh=request.refresh)
    if (live := stack.outputs()) is None:
        raise RefusedError(f"{stack.name} runs nothing")
    # As it was deployed: after a rollback images are looked up, whatever the stack file says.
    images = next((update.images for update in stack.history() if update.result == "succeeded"), None)
    with stack.check_out(live.release) as checkout:
        return checkout.preview(live.release, images=images, refresh=request.refresh)


def _saved(file: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text()
        content = json.loads(text)
    except FileNotFoundError:
        raise MissingError(f"{file} is not there") from None
    except OSError as error:
        raise MissingError(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise RefusedError(f"{file} is not JSON: save it with `pulumi preview --json`") from None
    if not isinstance(content, dict):
        raise RefusedError(f"{file} is not the output of `pulumi preview --json`")
    return content


def _read_budget(request: PreviewRequest, revision: str | None) -> int | None:
    """The budget in the stack file that is previewed; None where it has none, or cannot be read here."""
    stack = request.stack
    try:
        found = stack.configuration(revision) if revision else read_configuration(stack.name)
    except DeliveryError:  # the preview itself says what is wrong with the file
        return None
    budget = found.get(BUDGET)
    return int(budget) if isinstance(budget, int | str) and str(budget).isdigit() else None
