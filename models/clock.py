"""What time it is: the one place that asks, so that tests and clock runs can move it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware UTC, whole milliseconds (what the database keeps)."""
    instant = datetime.now(UTC)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
