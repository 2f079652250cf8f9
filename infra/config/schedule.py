"""Times at which Kubernetes starts a run: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from zoneinfo import available_timezones

from cronsim import CronSim, CronSimError

SCHEDULE_ADVICE = (
    'five fields in quotes such as "30 2 * * *" (minute, hour, day, month, weekday; Sunday is 0), a time that comes'
)
FIELDS = 5
# cronsim knows more than Kubernetes: `L`, `W`, `#`, and 7 for Sunday.
MINUTE_TO_DAY = re.compile(r"[0-9*/,-]+")
MONTH = re.compile(r"([0-9*/,-]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)+", re.IGNORECASE)
WEEKDAY = re.compile(r"([0-6*/,-]|SUN|MON|TUE|WED|THU|FRI|SAT)+", re.IGNORECASE)
FORMS = (MINUTE_TO_DAY, MINUTE_TO_DAY, MINUTE_TO_DAY, MONTH, WEEKDAY)


def is_schedule(text: str) -> bool:
    """Return whether a text is a schedule that Kubernetes takes, and whose time comes: there is no 30 February."""
    fields = text.split(" ")
    if len(fields) != FIELDS or not all(form.fullmatch(field) for form, field in zip(FORMS, fields, strict=True)):
        return False
    try:
        next(CronSim(text, dt.datetime.now(dt.UTC)))
    except (CronSimError, StopIteration):
        return False
    return True


def is_time_zone(name: str) -> bool:
    """Return whether a name is one of the IANA's: https://www.iana.org/time-zones"""
    return name in _time_zones()


@cache
def _time_zones() -> frozenset[str]:
    """Without what only a machine's own files have, such as `localtime`, and the factory's setting."""
    return frozenset(available_timezones() - {"localtime", "Factory"})
