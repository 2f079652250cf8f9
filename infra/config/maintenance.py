"""A weekly maintenance window."""

from __future__ import annotations

from infra.config.section import Section
from infra.config.types import (
    Day,
    TimeOfDay,
)


class Maintenance(Section):
    """A weekly window of four hours, in which DigitalOcean may upgrade and restart."""

    day: Day = "sunday"
    """The day of the week; only a cluster may have `any`."""
    start_time: TimeOfDay = "03:00"
    """When the window begins, in UTC."""
