"""Says when the clock cannot be right: it warns, and never refuses (a clock that is put right must help).

What fires is safe with any clock: a jump ahead makes one job that catches up, a jump back nothing twice. But
an export dated a day ahead, or schedules silent until a day that was never reached, somebody should know of.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from models import clock
from models.database import execute
from models.fields import from_millis

log = logging.getLogger(__name__)

FAR = timedelta(days=1)
"""So far past the newest thing that the database knows, the clock is doubted."""
_SKEW = timedelta(minutes=5)
_JUMP = timedelta(minutes=1)

_NEWEST = """
SELECT MAX(at) FROM (SELECT MAX(at) AS at FROM job_event WHERE id = (SELECT MAX(id) FROM job_event)
                     UNION ALL SELECT MAX(at) FROM audit_entry WHERE id = (SELECT MAX(id) FROM audit_entry)
                     UNION ALL SELECT MAX(cursor) FROM schedule WHERE enabled) AS known
"""


class ClockWatch:
    """Looks at the clock at each tick: the first time beside the database, then beside its own last look."""

    def __init__(self) -> None:
        self._last: tuple[datetime, float] | None = None

    def look(self) -> None:
        """Warn when the clock is, or just went, where it cannot be."""
        now, steady = clock.now(), time.monotonic()
        if self._last is None:
            _beside_the_database(now)
        else:
            before, steady_before = self._last
            jump = now - before - timedelta(seconds=steady - steady_before)
            if abs(jump) >= _JUMP:
                log.warning(
                    "clock.jumped by=%s now=%s: the clock was set %s, or the machine slept; what became due "
                    "is caught up once, and nothing runs twice",
                    jump,
                    now.isoformat(),
                    "forward" if jump > timedelta(0) else "back",
                )
        self._last = now, steady


def newest_known() -> datetime | None:
    """When the newest thing happened that the database knows of."""
    (newest,) = execute(_NEWEST).fetchone()
    return None if newest is None else from_millis(newest)


def _beside_the_database(now: datetime) -> None:
    newest = newest_known()
    if newest is None:
        return
    if now - newest > FAR:
        log.warning(
            "clock.ahead now=%s newest=%s: unless nothing happened here for so long, the clock is ahead; "
            "look at it (timedatectl) before what runs now is sent under a wrong date",
            now.isoformat(),
            newest.isoformat(),
        )
    elif newest - now > _SKEW:
        log.warning(
            "clock.behind now=%s newest=%s: the clock is behind, or was ahead before; schedules that ran "
            "ahead wait until then, or run from now on when they are disabled and enabled again",
            now.isoformat(),
            newest.isoformat(),
        )
