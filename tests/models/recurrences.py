"""Recurrences from text, and the zones and nights that try them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from models.recurrence import Frequency, Recurrence

ONCE, HOURLY, DAILY, WEEKLY, MONTHLY = Frequency
COPENHAGEN, NEW_YORK = "Europe/Copenhagen", "America/New_York"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LONG_AGO, THE_END = datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

# Half-hour changes, changes at and around midnight, none at all, odd offsets.
ZONES = (COPENHAGEN, NEW_YORK, "Australia/Lord_Howe", "America/St_Johns", "America/Havana", "America/Nuuk",
         "Asia/Kathmandu", "Pacific/Chatham", "UTC")  # fmt: skip
# Nights on which some of them change.
NIGHTS = ("2026-03-08", "2026-03-29", "2026-04-05", "2026-09-27", "2026-10-04", "2026-10-25", "2026-11-01",
          "2010-11-07")  # fmt: skip


def recurrence(
    kind: Frequency = DAILY, start: str = "2026-01-31", at: str = "02:00", **fields: Any
) -> Recurrence:
    """A schedule from text; `end` is a date as text, `weekdays` any collection."""
    end = fields.pop("end", None)
    return Recurrence(
        kind=kind,
        start_date=date.fromisoformat(start),
        end_date=date.fromisoformat(end) if end else None,
        at=time.fromisoformat(at),
        weekdays=frozenset(fields.pop("weekdays", ())),
        **fields,
    )


def utc(text: str) -> datetime:
    """An instant from text."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def texts(instants: list[datetime]) -> list[str]:
    """The instants as `2026-01-31 02:00`; none is anything but aware UTC on a whole minute."""
    assert all(instant.tzinfo is UTC and not instant.second + instant.microsecond for instant in instants)
    return [f"{instant:%Y-%m-%d %H:%M}" for instant in instants]
