"""Dates and times as people say them: "friday at 5pm", "in two weeks", "this week"."""

from __future__ import annotations

import calendar
import datetime as dt
import re

import dateparser

DAY_NAME = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
MONTH = "(?:" + "|".join(name.lower() for name in calendar.month_name[1:]) + ")"
COUNT = r"(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|\d{1,3})"
TIME = r"(?:at )?(?:\d{1,2}(?::\d{2})? ?[ap]m|\d{1,2}:\d{2}|noon|midnight)"
DAY = (
    rf"(?:today|tonight|(?:the day after )?tomorrow|(?:this |next )?{DAY_NAME}|next (?:week|month|year)"
    rf"|in {COUNT} (?:hour|day|week|month|year)s?|the end of (?:the|this) (?:week|month)|end of (?:week|month)"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.(?:\d{4})?"
    rf"|(?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {MONTH}(?:,? \d{{4}})?"
    rf"|{MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?)"
)
DATE = rf"(?:{DAY}(?:,? {TIME})?|{TIME})"  # for a sentence's pattern, which ignores case
PERIOD = rf"(?:this week|next week|this month|next month|(?:this|the|next) weekend|{DAY})"
EXACT = re.compile(rf"{TIME}|tonight|hours?\b", re.IGNORECASE)
LAST_MINUTE = dt.time(23, 59)  # of a day: when something is due that has no time
SUNDAY = 6


def moment_of(phrase: str, now: dt.datetime) -> dt.datetime | None:
    """When a phrase of the form DATE is, in the zone of `now`; None for a day that does not exist.

    A day without a time means its end.
    """
    said = re.sub(r"^(?:on|this) ", "", phrase.strip().casefold())
    found = _end_of(said, now) or _parse(said, now)
    if found is None:
        return None
    exact = EXACT.search(said)
    return found.replace(tzinfo=now.tzinfo) if exact else dt.datetime.combine(found, LAST_MINUTE, now.tzinfo)


def period_of(phrase: str, now: dt.datetime) -> tuple[dt.datetime | None, dt.datetime] | None:
    """The first moment of a phrase of the form PERIOD, and the first one after it; None for one that is none.

    "by friday" has no first moment. Weeks begin on Monday.
    """
    said = re.sub(r"^(?:on|for|in|at) ", "", phrase.strip().casefold())
    until = re.match(r"(?:by|before|until|till) ", said)
    try:
        found = _days(said[until.end() :] if until else said, now)
    except OverflowError:  # the last day of all has none after it
        return None
    if found is None:
        return None
    start, end = (dt.datetime.combine(day, dt.time(), now.tzinfo) for day in found)
    return (None, end) if until else (start, end)


def _days(said: str, now: dt.datetime) -> tuple[dt.date, dt.date] | None:
    """The first day, and the first one after."""
    today = now.date()
    monday, day = today - dt.timedelta(days=today.weekday()), dt.timedelta(days=1)
    month = today.replace(day=1)
    after = _next_month(month)
    named = {
        "this week": (monday, monday + 7 * day),
        "next week": (monday + 7 * day, monday + 14 * day),
        "this month": (month, after),
        "next month": (after, _next_month(after)),
        **dict.fromkeys(("this weekend", "the weekend"), (monday + 5 * day, monday + 7 * day)),
        "next weekend": (monday + 12 * day, monday + 14 * day),
    }
    if said in named:
        return named[said]
    if not re.fullmatch(DATE, said, re.IGNORECASE):
        return None
    found = moment_of(said, now)
    return None if found is None else (found.date(), found.date() + day)


def _end_of(said: str, now: dt.datetime) -> dt.datetime | None:
    if not (match := re.fullmatch(r"(?:the )?end of (?:(?:the|this) )?(week|month)", said)):
        return None
    if match[1] == "week":
        return now.replace(tzinfo=None) + dt.timedelta(days=SUNDAY - now.weekday())
    return dt.datetime.combine(_next_month(now.date()) - dt.timedelta(days=1), dt.time())


def _parse(said: str, now: dt.datetime) -> dt.datetime | None:
    base = now.replace(tzinfo=None)
    if dotted := re.match(r"(\d{1,2})\.(\d{1,2})\.(\d{4})?", said):
        said = f"{dotted[1]} {_month_name(int(dotted[2]))} {dotted[3] or ''} {said[dotted.end() :]}"
    settings = {"RELATIVE_BASE": base, "PREFER_DATES_FROM": "future", "DATE_ORDER": "DMY"}
    try:
        found: dt.datetime | None = dateparser.parse(said, languages=["en"], settings=settings)
    except (OverflowError, ValueError):
        return None
    return found


def _month_name(number: int) -> str:
    return calendar.month_name[number] if 1 <= number <= len(calendar.month_name) - 1 else "no month"


def _next_month(day: dt.date) -> dt.date:
    return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def spoken(moment: dt.datetime, zone: dt.tzinfo) -> str:
    """A moment as an answer names it: its day, and its time unless that is the day's end."""
    local = moment.astimezone(zone)
    return f"{local:%-d %B %Y}" + ("" if local.time() >= LAST_MINUTE else f", {local:%H:%M}")
