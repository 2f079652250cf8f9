"""Commands that stop and resume deploys to a stack."""

from __future__ import annotations

from delivery.github import workflow_run
from delivery.github.markdown import escape
from delivery.outcome import Report
from delivery.stack import hold
from delivery.stack.pulumi_stack import PulumiStack


def freeze(stack: PulumiStack, reason: str) -> Report:
    """Stop all deploys and promotions to a stack."""
    mark = hold.freeze(stack, reason)
    print(mark.describe(stack.name))
    workflow_run.summarize(f"### ⏸️ {mark.describe(stack.name, escape)}")
    return Report(facts={"stack": stack.name, "freeze": mark.model_dump(mode="json")})


def resume(stack: PulumiStack) -> Report:
    """End a stack's hold and freeze, and print what was ended."""
    ended = hold.resume(stack)
    for sentence in ended:
        print(f"ended: {sentence}")
    print(f"{stack.name} takes deploys again" if ended else f"{stack.name} was neither held nor frozen")
    return Report(facts={"stack": stack.name, "ended": ended})
