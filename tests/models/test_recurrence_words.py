"""What a recurrence says of itself, and what it refuses to be."""

from __future__ import annotations

from typing import Any

import pytest

from models.errors import InvalidInput
from models.recurrence import MAX_EVERY, Recurrence
from tests.models.recurrences import (
    COPENHAGEN,
    DAILY,
    HOURLY,
    MONTHLY,
    ONCE,
    WEEKLY,
    recurrence,
    utc,
)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (recurrence(ONCE), "Once on 2026-01-31 at 02:00 UTC"),
        (recurrence(HOURLY), "Every hour from 2026-01-31 at 02:00 UTC"),
        (
            recurrence(HOURLY, every=4, zone=COPENHAGEN, end="2026-12-31"),
            "Every 4 hours from 2026-01-31 at 02:00 UTC, until 2026-12-31",
        ),
        (recurrence(DAILY), "Every day at 02:00 UTC"),
        (recurrence(DAILY, every=3), "Every 3 days at 02:00 UTC, counted from 2026-01-31"),
        (recurrence(WEEKLY), "Every week on Saturday at 02:00 UTC"),
        (
            recurrence(WEEKLY, weekdays=(5, 1, 3), zone=COPENHAGEN),
            "Every week on Monday, Wednesday and Friday at 02:00 Europe/Copenhagen",
        ),
        (recurrence(MONTHLY), "Every month on day 31 (the last day in shorter months) at 02:00 UTC"),
        (
            recurrence(MONTHLY, day=1, every=2, end="2027-01-01"),
            "Every 2 months on day 1 at 02:00 UTC, counted from 2026-01-31, until 2027-01-01",
        ),
        (
            recurrence(WEEKLY, "2026-07-14", weekdays=(1,), end="2026-07-19"),
            "Every week on Monday at 02:00 UTC, until 2026-07-19: "
            "will never run, it ends before the first such day",
        ),
    ],
)
def test_describe_says_the_schedule_in_plain_words(rule: Recurrence, words: str) -> None:
    assert rule.describe() == words


@pytest.mark.parametrize(
    ("reason", "rule", "instant", "notes"),
    [
        ("a shorter month", recurrence(MONTHLY, day=31), "2027-02-28 02:00", ("31 → 28 Feb",)),
        ("a month that has the day", recurrence(MONTHLY, day=31), "2027-03-31 02:00", ()),
        ("not an occurrence", recurrence(MONTHLY, day=31), "2027-02-28 02:01", ()),
        ("before the first", recurrence(MONTHLY, day=31), "2020-02-28 02:00", ()),
        ("hourly knows neither", recurrence(HOURLY, zone=COPENHAGEN), "2026-03-29 01:00", ()),
        (
            "a time that does not exist",
            recurrence(at="02:30", zone=COPENHAGEN),
            "2026-03-29 01:00",
            ("02:30 does not exist on 29 Mar in Europe/Copenhagen → 03:00",),
        ),
        (
            "a time that comes twice",
            recurrence(at="02:30", zone=COPENHAGEN),
            "2026-10-25 00:30",
            ("02:30 comes twice on 25 Oct in Europe/Copenhagen → the first",),
        ),
        ("an ordinary night there", recurrence(at="02:30", zone=COPENHAGEN), "2026-10-26 01:30", ()),
        (
            "a gap over midnight",
            recurrence(at="23:30", zone="America/Nuuk"),
            "2026-03-29 01:00",
            ("23:30 does not exist on 28 Mar in America/Nuuk → 00:00 on 29 Mar",),
        ),
        (
            "clamped into a gap: both are said",
            recurrence(MONTHLY, at="00:30", zone="Africa/Cairo"),
            "2027-04-29 22:00",
            ("31 → 30 Apr", "00:30 does not exist on 30 Apr in Africa/Cairo → 01:00"),
        ),
    ],
)
def test_notes_say_what_is_unusual_about_a_run(
    reason: str, rule: Recurrence, instant: str, notes: tuple[str, ...]
) -> None:
    assert rule.notes(utc(instant)) == notes, reason


# --- refusals ---


@pytest.mark.parametrize(
    ("code", "fields", "says"),
    [
        ("schedule_end", {"end": "2026-01-30"}, "2026-01-30 is before the start date 2026-01-31"),
        ("schedule_start", {"start": "0026-01-31"}, "0026-01-31 is before 1970-01-01"),
        ("schedule_start", {"start": "9999-12-31"}, "9999-12-31 is after 9999-12-30"),
        ("schedule_time", {"at": "02:00:01"}, "02:00:01 is not a plain hour and minute"),
        ("schedule_time", {"at": "02:00+02:00"}, "02:00:00+02:00 is not a plain hour and minute"),
        ("schedule_every", {"every": 0}, "every 0"),
        ("schedule_every", {"every": MAX_EVERY + 1}, "every 1000001"),
        ("schedule_every", {"kind": ONCE, "every": 2}, "runs once cannot repeat every 2"),
        ("schedule_weekdays", {"weekdays": (1,)}, "runs daily has no weekdays"),
        ("schedule_weekdays", {"kind": WEEKLY, "weekdays": (0, 1)}, "0, 1 are not all from 1 to 7"),
        ("schedule_weekdays", {"kind": WEEKLY, "weekdays": (8,)}, "8 are not all from 1 to 7"),
        ("schedule_day", {"day": 1}, "runs daily has no day of the month"),
        ("schedule_day", {"kind": MONTHLY, "day": 0}, "0 is not a day of the month"),
        ("schedule_day", {"kind": MONTHLY, "day": 32}, "32 is not a day of the month"),
        ("schedule_zone", {"zone": "Europe/Kopenhagen"}, "no time zone 'Europe/Kopenhagen'"),
        ("schedule_zone", {"zone": "Europe"}, "no time zone 'Europe'"),
        ("schedule_zone", {"zone": ""}, "no time zone ''"),
        ("schedule_zone", {"zone": "../../etc/passwd"}, "no time zone"),
        ("schedule_zone", {"zone": "localtime"}, "no time zone 'localtime'"),
        ("schedule_zone", {"kind": HOURLY, "zone": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
    ],
)
def test_fields_that_cannot_be_right_are_refused_with_a_remedy(
    code: str, fields: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        recurrence(**fields)
    assert refusal.value.code == code
    assert says in refusal.value.message
    assert refusal.value.remedy
