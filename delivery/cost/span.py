"""An amount of money that depends on how many nodes run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """US dollars a month: with as few nodes as may run, and with as many."""

    low: float
    high: float

    @classmethod
    def fixed(cls, amount: float) -> Span:
        """The same amount, however many nodes run."""
        return cls(amount, amount)

    def __add__(self, other: Span) -> Span:
        return Span(self.low + other.low, self.high + other.high)

    def __str__(self) -> str:
        return f"${self.low:.2f}" if self.low == self.high else f"${self.low:.2f} to ${self.high:.2f}"

    def describe(self) -> dict[str, float]:
        """The same for programs, rounded to cents."""
        return {"low": round(self.low, 2), "high": round(self.high, 2)}

    def describe_change(self, after: Span) -> str:
        """How much more another amount is: `+16.00 to +40.00`."""
        low, high = after.low - self.low, after.high - self.high
        return f"{low:+.2f}" if low == high else f"{low:+.2f} to {high:+.2f}"


NOTHING = Span(0.0, 0.0)
