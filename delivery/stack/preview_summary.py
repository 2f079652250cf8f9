"""A plan as people read it: destructive changes first, then counts, each change, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence

from delivery.github.markdown import LONGEST, Section, fit
from delivery.stack.cost import Cost
from delivery.stack.plan import CREATES, DELETES, KINDS, REPLACES, UPDATES, Plan, Step

ORDER = (DELETES, REPLACES, UPDATES, CREATES)


def summary(
    plan: Plan,
    stack: str,
    release: str,
    cost: Cost | None,
    *,
    where: str = "the run's summary",
    longest: int = LONGEST,
) -> str:
    """The plan as GitHub's Markdown.

    Args:
        plan: what is to change.
        stack: its name.
        release: commit or version that is previewed.
        cost: None where prices could not be had.
        where: where the whole text is, if this one is cut.
        longest: characters; whole resources are left out, never half of one.
    """
    head = [f"### `{stack}` at `{release}`", ""]
    if plan.errors:
        head += ["**The preview failed.** Nothing is known of what would change.", "", *_fenced(plan.errors)]
        return "\n".join(head)
    if not plan.steps:
        head.append(f"Nothing changes: {plan.same} resources stay as they are.")
        return "\n".join(head) + "\n"
    head += [*_destructive(plan.steps), *_counts(plan), ""]
    head.append(f"**Cost**: {cost}" if cost else "**Cost**: not known; no prices without DIGITALOCEAN_TOKEN.")
    head += [f"- {part}" for part in (cost.parts if cost else ())]
    head.append("")
    sections = [_section(step) for kind in ORDER for step in plan.steps if step.kind == kind]
    return fit("\n".join(head), [Section("", sections)], where, longest)


def _destructive(steps: Sequence[Step]) -> list[str]:
    lines = []
    for step in steps:
        if step.protected:
            forced = f", forced by {', '.join(f'`{reason}`' for reason in step.because)}" if step.because else ""
            lines.append(f"> - **{step.kind}s {step.title}**{forced}")
    if not lines:
        return []
    return ["> [!CAUTION]", "> What holds data or carries everything else is replaced or deleted:", *lines, ""]


def _counts(plan: Plan) -> list[str]:
    counts = {**plan.counts, "same": plan.same}
    cells = [
        f"**{count}**" if count and kind in {REPLACES, DELETES} else str(count) for kind, count in counts.items()
    ]
    return [f"| {' | '.join([*KINDS, 'unchanged'])} |", "|" + "--:|" * len(counts), f"| {' | '.join(cells)} |"]


def _section(step: Step) -> str:
    lines = [f"- {step.kind} {step.title}{' (protected kind)' if step.protected else ''}"]
    for change in step.changes:
        before, after = change.before or "nothing", change.after or "nothing"
        # "computed": an input that only the update itself will know, such as the id of what is made before.
        values = "computed" if (change.before, change.after) == (None, None) else f"{_code(before)} → {_code(after)}"
        lines.append(f"  - `{change.path}`: {values}")
    return "\n".join(lines)


def _code(text: str) -> str:
    """Inline code that what it holds cannot leave."""
    inner = text.replace("`", "'")
    return f"`{inner}`"


def _fenced(texts: Sequence[str]) -> list[str]:
    content = "\n".join(texts).replace("````", "'''")
    return ["````text", content[: LONGEST // 2], "````", ""]
