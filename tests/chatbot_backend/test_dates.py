from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest

from app.assistant.dates import DATE, format_moment, parse_moment, parse_period

ZONE = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 11, 26, 19, 40, tzinfo=ZONE)  # a Thursday


@pytest.mark.parametrize(
    ("said", "day", "time"),
    [
        ("today", "2026-11-26", "23:59"),
        ("Tomorrow", "2026-11-27", "23:59"),
        ("tomorrow at 5pm", "2026-11-27", "17:00"),
        ("tomorrow 8:30", "2026-11-27", "08:30"),
        ("the day after tomorrow", "2026-11-28", "23:59"),
        ("friday", "2026-11-27", "23:59"),
        ("this friday", "2026-11-27", "23:59"),
        ("next monday", "2026-11-30", "23:59"),
        ("Friday at 17:00", "2026-11-27", "17:00"),
        ("in 3 days", "2026-11-29", "23:59"),
        ("in two weeks", "2026-12-10", "23:59"),
        ("in 2 hours", "2026-11-26", "21:40"),
        ("next week", "2026-12-03", "23:59"),
        ("3 December", "2026-12-03", "23:59"),
        ("December 3rd", "2026-12-03", "23:59"),
        ("3rd of December 2027", "2027-12-03", "23:59"),
        ("2026-12-03", "2026-12-03", "23:59"),
        ("3.12.", "2026-12-03", "23:59"),
        ("3.12.2027", "2027-12-03", "23:59"),
        ("the end of the month", "2026-11-30", "23:59"),
        ("end of week", "2026-11-29", "23:59"),
        ("at noon", "2026-11-27", "12:00"),
    ],
)
def test_a_date_is_understood_as_people_say_it(said, day, time):
    assert re.fullmatch(DATE, said, re.IGNORECASE)
    found = parse_moment(said, NOW)
    assert f"{found:%Y-%m-%d %H:%M}" == f"{day} {time}"
    assert found.tzinfo is ZONE


@pytest.mark.parametrize("said", ["2026-13-45", "99.99.", "31 February", "30.2.2027"])
def test_a_day_that_does_not_exist_is_none(said):
    assert re.fullmatch(DATE, said, re.IGNORECASE)
    assert parse_moment(said, NOW) is None


def test_the_last_day_of_all_is_no_period():
    assert parse_moment("9999-12-31", NOW).year == 9999
    assert parse_period("9999-12-31", NOW) is None


@pytest.mark.parametrize("said", ["milk", "march", "may", "10 books", "sunny", "soon", "5"])
def test_other_words_are_no_date(said):
    assert not re.fullmatch(DATE, said, re.IGNORECASE)
    assert parse_period(said, NOW) is None


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("today", "2026-11-26", "2026-11-27"),
        ("on friday", "2026-11-27", "2026-11-28"),
        ("this week", "2026-11-23", "2026-11-30"),
        ("next week", "2026-11-30", "2026-12-07"),
        ("this weekend", "2026-11-28", "2026-11-30"),
        ("next weekend", "2026-12-05", "2026-12-07"),
        ("this month", "2026-11-01", "2026-12-01"),
        ("next month", "2026-12-01", "2027-01-01"),
        ("by friday", None, "2026-11-28"),
        ("before the end of the month", None, "2026-12-01"),
    ],
)
def test_a_period_has_its_first_moment_and_the_first_one_after(said, start, end):
    first, after = parse_period(said, NOW)
    assert (first and f"{first:%Y-%m-%d %H:%M}") == (start and f"{start} 00:00")
    assert f"{after:%Y-%m-%d %H:%M}" == f"{end} 00:00"


def test_a_moment_is_named_by_its_day_and_by_its_time_if_it_has_one():
    assert format_moment(dt.datetime(2026, 12, 3, 22, 59, tzinfo=dt.UTC), ZONE) == "3 December 2026"
    assert format_moment(dt.datetime(2026, 12, 3, 16, 0, tzinfo=dt.UTC), ZONE) == "3 December 2026, 17:00"
