"""Each second: due schedules become jobs, jobs whose worker died are freed, jobs the bell missed are rung.

Any number of tickers may run, in any number of processes: what they do is conditional in the database, so
the second one finds nothing left to do.
"""

from __future__ import annotations

import logging
import threading
import time

from peewee import DatabaseError

from models import clock, jobs, schedules, settings
from models.database import kept_connection
from models.jobs import Claim, lease
from worker import tasks, watchdog
from worker.clock_watch import ClockWatch
from worker.presence import Presence
from worker.queue import BROKEN, huey

log = logging.getLogger(__name__)

_SECONDS = 1.0
_MISSED_EVERY = 5.0
_TROUBLE: tuple[type[Exception], ...] = (DatabaseError, *BROKEN)  # ours, the bell's


class Ticker:
    """Looks at the database; remembers only what it has seen of other workers' heartbeats."""

    def __init__(self, presence: Presence | None = None) -> None:
        """`presence` is said while ticks succeed."""
        self._presence = presence
        self._beats: dict[tuple[int, int], tuple[int, float]] = {}
        self._looked_for_missed = -_MISSED_EVERY
        self._rung = set[int]()
        self._clock = ClockWatch()

    def run(self, stop: threading.Event) -> None:
        """Tick each second until told to stop; a database in trouble is waited for, not died of."""
        while not stop.is_set():
            try:
                with kept_connection():
                    self._clock.look()
                    if self.tick():
                        self._say_so()
            except DatabaseError as error:
                log.warning("ticker.database %s; trying again", error)
            except Exception:  # without the ticker nothing starts any more, for as long as the worker runs
                log.exception("ticker.unforeseen trying again")
            stop.wait(_SECONDS)

    def _say_so(self) -> None:
        watchdog.alive()
        if self._presence is not None:
            self._presence.alive()

    def tick(self) -> bool:
        """One look at everything; trouble with one thing keeps none of the others from being looked at.

        True when any look came to its end: the database is there, and a restart would help nobody.
        """
        finished = 0
        for look in (self._fire_due, self._free_abandoned, self._ring_missed):
            try:
                look()
                finished += 1
            except _TROUBLE as error:
                log.warning("ticker.database %s; trying again", error)
            except Exception:  # the same
                log.exception("ticker.unforeseen trying again")
        return finished > 0

    def _fire_due(self) -> None:
        for job_id in schedules.fire(clock.now()):
            log.info("schedule.fired job=%s", job_id)
            tasks.ring(job_id)

    def _free_abandoned(self) -> None:
        """Free the jobs whose worker is gone, or whose heartbeat has stood still for a lease of our clock."""
        patience, now = settings.current().worker.lease_seconds, time.monotonic()
        held = lease.held()
        for claim, beat in held:
            key = (claim.job_id, claim.attempt)
            seen, since = self._beats.get(key, (beat, now))
            self._beats[key] = (beat, since if seen == beat else now)
            if lease.is_gone(claim.owner):
                self._free(claim, "its worker is gone", None)
            elif now - self._beats[key][1] > patience:
                self._free(claim, f"its worker gave no sign for {patience} s", beat)
        alive = {(claim.job_id, claim.attempt) for claim, _ in held}
        self._beats = {key: seen for key, seen in self._beats.items() if key in alive}

    def _free(self, claim: Claim, why: str, beat: int | None) -> None:
        if jobs.take_back(claim, why, beat=beat):
            log.warning("job.taken_back job=%s attempt=%s: %s", claim.job_id, claim.attempt, why)
            tasks.ring(claim.job_id)

    def _ring_missed(self) -> None:
        """Ring for whatever could be claimed: the bell missed it, or it had to wait its turn.

        A queue that is never empty may still lack one of them; then each is rung for once, not each time.
        """
        now = time.monotonic()
        if now - self._looked_for_missed < _MISSED_EVERY:
            return
        self._looked_for_missed = now
        waiting = lease.claimable(clock.now())
        known = self._rung if waiting and huey.pending_count() else set[int]()
        for job_id in waiting:
            if job_id not in known:
                tasks.ring(job_id)
        self._rung = set(waiting)
