"""What a stack may cost a month, by its stack file."""

from __future__ import annotations

from delivery.cost.span import Span


def find_excess(budget: int | None, total: Span) -> str | None:
    """Return how a budget is exceeded, as a sentence; None where it is not, or where there is none.

    Args:
        budget: US dollars a month, `slipway:budget`.
    """
    if budget is None or total.high <= budget:
        return None
    if total.low > budget:
        return (
            f"the budget of ${budget} a month is exceeded by ${total.low - budget:.2f}, with as few nodes as may run"
        )
    return f"the budget of ${budget} a month is exceeded by ${total.high - budget:.2f} once as many nodes run as may"
