"""What a set of containers has answered since a counter began, also of those that have gone since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from delivery.verification.pod_requests import Readings
from delivery.verification.request_metrics import RequestMetrics, combine


@dataclass
class RequestCounter:
    """Adds up the requests of containers that start and end while it counts.

    Attributes:
        read: the present readings of the containers.
        last: what was read of each container last; those that are missing count from their start.
        seen: what was answered so far.
        containers: how many the last reading has.
    """

    read: Callable[[], Readings]
    last: dict[str, RequestMetrics] = field(default_factory=dict)
    seen: RequestMetrics = field(default_factory=RequestMetrics)
    containers: int = 0

    def update(self) -> None:
        """Add what was answered since the last update; what a container that has gone answered until then stays.

        Raises:
            DeliveryError: the containers cannot be read.
        """
        readings = self.read()
        answered = (now.since(self.last.get(key, RequestMetrics())) for key, now in readings.items())
        seen = combine([self.seen, *answered])
        self.seen = replace(seen, active=sum(each.active for each in readings.values()))
        self.last.update(readings)
        self.containers = len(readings)
