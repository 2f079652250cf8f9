"""One timed run: what the clock says, and what the processors did."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Measurement:
    """Seconds of one run, or the medians of several.

    Attributes:
        wall: from begin to end; on a busy machine mostly what others leave.
        cpu: user and system time of every process that ended meanwhile. Daemons (dockerd, the kubelet) are not in it.
    """

    wall: float
    cpu: float

    @classmethod
    def of(cls, run: Callable[[], object]) -> Measurement:
        """Run once."""
        cpu, wall = _children_cpu(), time.monotonic()
        run()
        return cls(wall=time.monotonic() - wall, cpu=_children_cpu() - cpu)

    @classmethod
    def middle(cls, measurements: Sequence[Measurement]) -> Measurement:
        """The medians, each for itself."""
        return cls(wall=median(each.wall for each in measurements), cpu=median(each.cpu for each in measurements))


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
