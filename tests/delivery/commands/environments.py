"""Preview environments exist in memory only, for the commands that find and remove them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from delivery.preview_environment.removal import Found

NOW = datetime.now(UTC)


class Environments:
    """What delivery finds and removes.

    Attributes:
        by_number: those that exist, by the number of the pull request.
        stuck: numbers of those that cannot be removed.
    """

    def __init__(self):
        self.by_number, self.stuck = {}, set()

    def add(self, number, age=timedelta(0), **changes):
        facts = {"has_stack": True, "updated": NOW - age, "has_namespace": True, "created": NOW - age}
        self.by_number[number] = Found(**{"number": number, **facts, "volumes": (), "images": (), **changes})

    def find(self):
        return list(self.by_number.values())

    def remove(self, found):
        if found.number in self.stuck:
            return [f"{found.name}: the namespace: it does not go"]
        del self.by_number[found.number]
        return []
