"""Two ways to do a thing, measured in turn so that the machine's load falls on both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from perf.measurement import Measurement


@dataclass(frozen=True)
class Way:
    """One of the two.

    Attributes:
        name: what is measured.
        run: does it once.
        prepare: comes before each run and is not measured.
    """

    name: str
    run: Callable[[], object]
    prepare: Callable[[], object] = lambda: None

    def measure(self) -> Measurement:
        self.prepare()
        return Measurement.of(self.run)


@dataclass(frozen=True)
class Result:
    """Medians of both ways, and the largest ratio of wall times that is good enough."""

    name: str
    reference_name: str
    goal: float
    runs: int
    measured: Measurement
    reference: Measurement

    @property
    def wall_ratio(self) -> float:
        return self.measured.wall / self.reference.wall

    @property
    def cpu_ratio(self) -> float:
        return self.measured.cpu / self.reference.cpu

    @property
    def is_met(self) -> bool:
        return self.wall_ratio < self.goal


@dataclass(frozen=True)
class Pair:
    """A way of ours, what it is compared with, and the goal for the ratio of wall times."""

    ours: Way
    reference: Way
    goal: float

    def measure(self, runs: int, progress: Callable[[str], None]) -> Result:
        """Run each way once without measuring it, then `runs` times in turn."""
        for side in (self.ours, self.reference):
            side.measure()
        ours, reference = [], []
        for number in range(1, runs + 1):
            ours.append(self.ours.measure())
            reference.append(self.reference.measure())
            progress(
                f"{self.ours.name}, {number} of {runs}: {ours[-1].wall:.1f} s against {reference[-1].wall:.1f} s"
            )
        return Result(
            self.ours.name,
            self.reference.name,
            self.goal,
            runs,
            Measurement.middle(ours),
            Measurement.middle(reference),
        )
