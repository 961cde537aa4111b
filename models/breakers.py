"""Circuit breakers: a gateway that cannot be reached is left alone for a while, by every worker.

    closed → open → half_open → closed | open

A facility's gateway opens after some failures in a row to reach it. When its time is over one job, and only
one, may try: it takes the probe with one conditional update. Its success closes the breaker, its failure
opens it again for longer; a probe whose worker died is given to the next one after a while. Only trouble on
the way to the other side counts: a refused password says that it was reached.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from peewee import ForeignKeyField, IntegerField, TextField

from models import clock
from models.database import Table, execute, transaction
from models.facilities import Facility
from models.fields import EnumField, UTCField, to_millis


class BreakerState(StrEnum):
    """Whether the other side is tried."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker(Table):
    """One facility's gateway; without a row it is closed and has never failed."""

    facility = ForeignKeyField(Facility, index=False)
    gateway = TextField()
    state = EnumField(BreakerState, default=BreakerState.CLOSED)
    failures = IntegerField(default=0)
    """In a row."""
    until = UTCField(null=True)
    """Open: not to be tried before; half-open: the probe counts as lost after this."""
    reason = TextField(default="")
    """Of the last failure."""

    class Meta:
        table_name = "gateway_breaker"
        indexes = ((("facility", "gateway"), True),)


OPENS_AFTER = 5
_SHORTEST, _LONGEST = 60, 300
_PROBE_SECONDS = 120

_TAKE_PROBE = """
UPDATE gateway_breaker SET state = 'half_open', until = ?
WHERE facility_id = ? AND gateway = ? AND state <> 'closed' AND until <= ?
"""
_CLEAR = "DELETE FROM gateway_breaker WHERE facility_id = ? AND gateway = ?"
_COUNT = """
INSERT INTO gateway_breaker (facility_id, gateway, state, failures, until, reason)
VALUES (?, ?, 'closed', 1, NULL, ?)
ON CONFLICT (facility_id, gateway) DO UPDATE
SET failures = gateway_breaker.failures + 1, reason = excluded.reason
RETURNING failures
"""
_FAILED_EVER = "SELECT 1 FROM gateway_breaker WHERE facility_id = ? AND gateway = ?"
_OPEN = "UPDATE gateway_breaker SET state = 'open', until = ? WHERE facility_id = ? AND gateway = ?"


def find(facility_id: int, gateway: str) -> Breaker | None:
    """The breaker; None while nothing has failed."""
    found: Breaker | None = Breaker.get_or_none(Breaker.facility == facility_id, Breaker.gateway == gateway)
    return found


def of_facility(facility_id: int) -> list[Breaker]:
    """Those of a facility's gateways that failed lately, by gateway."""
    return list(Breaker.select().where(Breaker.facility == facility_id).order_by(Breaker.gateway))


def _failed_ever(facility_id: int, gateway: str) -> bool:
    """Whether there is a row at all; most jobs ask nothing else."""
    return execute(_FAILED_EVER, (facility_id, gateway)).fetchone() is not None


def wait_until(facility_id: int, gateway: str) -> datetime | None:
    """None when the gateway may be tried now, else the time before which it may not.

    To be told None after a breaker was open is to hold its only probe: say how it went.
    """
    now = clock.now()
    breaker = find(facility_id, gateway) if _failed_ever(facility_id, gateway) else None
    if breaker is None or breaker.state == BreakerState.CLOSED:
        return None
    lost_at = to_millis(now + timedelta(seconds=_PROBE_SECONDS))
    with transaction():
        if execute(_TAKE_PROBE, (lost_at, facility_id, gateway, to_millis(now))).rowcount == 1:
            return None
    breaker = find(facility_id, gateway)
    return None if breaker is None or breaker.until is None else breaker.until


def succeeded(facility_id: int, gateway: str) -> None:
    """The other side was reached: closed, and its failures forgotten. Writes only when there were any."""
    if _failed_ever(facility_id, gateway):
        with transaction():
            execute(_CLEAR, (facility_id, gateway))


def failed(facility_id: int, gateway: str, reason: str) -> BreakerState:
    """The other side could not be reached; returns how the breaker stands now."""
    with transaction():
        failures = execute(_COUNT, (facility_id, gateway, reason)).fetchone()[0]
        if failures < OPENS_AFTER:
            return BreakerState.CLOSED
        seconds = min(_LONGEST, _SHORTEST * 2 ** min(failures - OPENS_AFTER, 9))
        until = clock.now() + timedelta(seconds=seconds)
        execute(_OPEN, (to_millis(until), facility_id, gateway))
    return BreakerState.OPEN
