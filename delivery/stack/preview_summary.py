"""A plan as people read it: destructive changes first, then counts, each change, and what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from delivery.github.markdown import LONGEST, Section, clip, code, escape, fence, fit
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
    notes: Sequence[str] = (),
) -> str:
    """The plan as GitHub's Markdown.

    Args:
        plan: what is to change.
        stack: its name.
        release: commit or version that is previewed.
        cost: before and after; None: it is not shown.
        where: where the whole text is, if this one is cut.
        longest: characters; whole resources are left out, never half of one.
        notes: Markdown that stands above all else, such as a hold of the stack.
    """
    head = [f"### {code(stack)} at {code(release)}", ""]
    for note in notes:
        head += [note, ""]
    if plan.errors:
        errors = clip("\n".join(plan.errors), longest // 2)
        head += ["**The preview failed.** Nothing is known of what would change.", "", fence(errors), ""]
        return "\n".join(head)
    if not plan.steps:
        head += [f"Nothing changes: {plan.same} resources stay as they are.", "", *_describe_cost(cost)]
        return "\n".join(head) + "\n"
    head += [*_warn_of_destructive(plan.steps, longest // 4), *_count(plan), ""]
    head += [*_describe_cost(cost), ""]
    changes = [_describe_step(step) for kind in ORDER for step in plan.steps if step.kind == kind]
    return fit("\n".join(head), [Section("", changes)], where, longest)


def _describe_cost(cost: Cost | None) -> list[str]:
    """The sum before and after in one line, the parts that change, and what the sum lacks."""
    if cost is None:
        return []
    over = " ⚠️" if cost.excess else ""
    return [
        f"**Cost**: {cost}{over}",
        *(f"- {part}" for part in cost.parts),
        "",
        f"<sub>{' '.join(cost.list_notes())}</sub>",
    ]


def _warn_of_destructive(steps: Sequence[Step], longest: int) -> list[str]:
    """The caution; where there are too many for it, those it leaves out are counted by kind."""
    protected = [step for step in steps if step.protected]
    if not protected:
        return []
    lines: list[str] = []
    for step in protected:
        forced = f", forced by {', '.join(code(reason) for reason in step.because[:5])}" if step.because else ""
        line = f"> - **{step.kind}s {step.title}**{clip(forced, 500)}"
        longest -= len(line)
        if longest < 0:
            rest = Counter(f"{each.kind}s {escape(each.type)}" for each in protected[len(lines) :])
            lines += [f"> - **{name}**: {count} more" for name, count in rest.items()]
            break
        lines.append(line)
    return ["> [!CAUTION]", "> What holds data or carries everything else is replaced or deleted:", *lines, ""]


def _count(plan: Plan) -> list[str]:
    counts = {**plan.counts, "same": plan.same}
    cells = [
        f"**{count}**" if count and kind in {REPLACES, DELETES} else str(count) for kind, count in counts.items()
    ]
    return [f"| {' | '.join([*KINDS, 'unchanged'])} |", "|" + "--:|" * len(counts), f"| {' | '.join(cells)} |"]


def _describe_step(step: Step) -> str:
    lines = [f"- {step.kind} {step.title}{' (protected kind)' if step.protected else ''}"]
    for change in step.changes:
        before, after = change.before or "nothing", change.after or "nothing"
        # "computed": an input that only the update itself will know, such as the id of what is made before.
        values = "computed" if (change.before, change.after) == (None, None) else f"{code(before)} → {code(after)}"
        lines.append(f"  - {code(change.path)}: {values}")
    return "\n".join(lines)
