"""Parse dates and times in plain English: "friday at 5pm", "in two weeks", "this week"."""

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
DATE = rf"(?:{DAY}(?:,? {TIME})?|{TIME})"  # part of a sentence's pattern, which ignores case
PERIOD = rf"(?:this week|next week|this month|next month|(?:this|the|next) weekend|{DAY})"
EXACT = re.compile(rf"{TIME}|tonight|hours?\b", re.IGNORECASE)
LAST_MINUTE = dt.time(23, 59)  # of a day: the due time of a date without a time
SUNDAY = 6


def parse_moment(phrase: str, now: dt.datetime) -> dt.datetime | None:
    """Parse a phrase of the form DATE, in the time zone of `now`; None for a day that does not exist.

    A day without a time means its last minute.
    """
    text = re.sub(r"^(?:on|this) ", "", phrase.strip().casefold())
    moment = _parse_end_of(text, now) or _parse_date(text, now)
    if moment is None:
        return None
    has_time = EXACT.search(text)
    return moment.replace(tzinfo=now.tzinfo) if has_time else dt.datetime.combine(moment, LAST_MINUTE, now.tzinfo)


def parse_period(phrase: str, now: dt.datetime) -> tuple[dt.datetime | None, dt.datetime] | None:
    """Parse a phrase of the form PERIOD to its start and its exclusive end; None for another phrase.

    "by friday" has no start. Weeks begin on Monday.
    """
    text = re.sub(r"^(?:on|for|in|at) ", "", phrase.strip().casefold())
    until = re.match(r"(?:by|before|until|till) ", text)
    try:
        days = _parse_days(text[until.end() :] if until else text, now)
    except OverflowError:  # no day follows the calendar's last one
        return None
    if days is None:
        return None
    start, end = (dt.datetime.combine(day, dt.time(), now.tzinfo) for day in days)
    return (None, end) if until else (start, end)


def _parse_days(text: str, now: dt.datetime) -> tuple[dt.date, dt.date] | None:
    """Parse a period to its first day and the first day after it."""
    today = now.date()
    monday, day = today - dt.timedelta(days=today.weekday()), dt.timedelta(days=1)
    month = today.replace(day=1)
    next_month = _next_month(month)
    periods = {
        "this week": (monday, monday + 7 * day),
        "next week": (monday + 7 * day, monday + 14 * day),
        "this month": (month, next_month),
        "next month": (next_month, _next_month(next_month)),
        **dict.fromkeys(("this weekend", "the weekend"), (monday + 5 * day, monday + 7 * day)),
        "next weekend": (monday + 12 * day, monday + 14 * day),
    }
    if text in periods:
        return periods[text]
    if not re.fullmatch(DATE, text, re.IGNORECASE):
        return None
    moment = parse_moment(text, now)
    return None if moment is None else (moment.date(), moment.date() + day)


def _parse_end_of(text: str, now: dt.datetime) -> dt.datetime | None:
    if not (match := re.fullmatch(r"(?:the )?end of (?:(?:the|this) )?(week|month)", text)):
        return None
    if match[1] == "week":
        return now.replace(tzinfo=None) + dt.timedelta(days=SUNDAY - now.weekday())
    return dt.datetime.combine(_next_month(now.date()) - dt.timedelta(days=1), dt.time())


def _parse_date(text: str, now: dt.datetime) -> dt.datetime | None:
    base = now.replace(tzinfo=None)
    if numbers := re.match(r"(\d{1,2})\.(\d{1,2})\.(\d{4})?", text):
        text = f"{numbers[1]} {_month_name(int(numbers[2]))} {numbers[3] or ''} {text[numbers.end() :]}"
    settings = {"RELATIVE_BASE": base, "PREFER_DATES_FROM": "future", "DATE_ORDER": "DMY"}
    try:
        moment: dt.datetime | None = dateparser.parse(text, languages=["en"], settings=settings)
    except (OverflowError, ValueError):
        return None
    return moment


def _month_name(number: int) -> str:
    return calendar.month_name[number] if 1 <= number <= len(calendar.month_name) - 1 else "no month"


def _next_month(day: dt.date) -> dt.date:
    return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def format_moment(moment: dt.datetime, zone: dt.tzinfo) -> str:
    """Format a moment for an answer: its day, and its time unless that is the day's last minute."""
    local = moment.astimezone(zone)
    return f"{local:%-d %B %Y}" + ("" if local.time() >= LAST_MINUTE else f", {local:%H:%M}")
