"""The one door that export jobs come in by: from schedules, from people, from the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from itertools import chain
from zoneinfo import ZoneInfo

from models import clock
from models.database import execute, executemany, transaction
from models.entities import LegalEntity
from models.facilities import Facility
from models.fields import canonical_json, to_millis
from models.jobs.records import Job, Output, Route, Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to be made; unique by its request id, or by its schedule and due time."""

    entity_id: int
    destination_id: int
    facility_id: int
    on_behalf_of: int
    outputs: Mapping[Route, Output]
    as_of: datetime
    """The due or request time: dates in the files are of this instant, never of the clock."""
    zone: str
    """The entity's, for the posting date."""
    trigger: Trigger
    schedule_id: int | None = None
    due_at: datetime | None = None
    request_id: str | None = None
    note: str = ""


# The model's defaults, spelt out, and many rows a statement: RETURNING costs more than the row it returns,
# and ten thousand schedules may be due at one instant.
_INSERT = """
INSERT INTO export_job (entity_id, destination_id, facility_id, on_behalf_of_id, "trigger", schedule_id,
                        due_at, request_id, outputs, as_of, posting_date, note, created_at,
                        state, attempt, tries, owner, heartbeat, succeeded, failed, abandoned,
                        code, reason, remedy)
VALUES {rows} ON CONFLICT DO NOTHING RETURNING id, note
"""
_ROW = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', 0, 0, '', 0, 0, 0, 0, '', '', '')"
_ROWS = 100
_CREATED = """
INSERT INTO job_event (job_id, at, attempt, what, actor, reason) VALUES (?, ?, 0, 'created', '', ?)
"""


def insert_all(wanted: Sequence[NewJob]) -> list[int]:
    """Make pending jobs and return their ids, without those whose due time or request made one already.

    Call it inside the transaction that moves the schedules' cursors.
    """
    now, made = to_millis(clock.now()), []
    with transaction():
        for start in range(0, len(wanted), _ROWS):
            rows = [(*_values(job), now) for job in wanted[start : start + _ROWS]]
            made += execute(_insert_sql(len(rows)), list(chain.from_iterable(rows))).fetchall()
        executemany(_CREATED, ((job_id, now, note) for job_id, note in made))
    return sorted(job_id for job_id, _ in made)


@cache
def _insert_sql(rows: int) -> str:
    return _INSERT.format(rows=", ".join([_ROW] * rows))


def insert(
    facility: Facility,
    *,
    outputs: Mapping[Route, Output],
    on_behalf_of: int,
    as_of: datetime,
    trigger: Trigger,
    schedule_id: int | None = None,
    due_at: datetime | None = None,
    request_id: str | None = None,
    note: str = "",
) -> Job | None:
    """Make one pending job, or None when this due time or request made its job already."""
    wanted = NewJob(
        entity_id=facility.entity_id,
        destination_id=facility.destination_id,
        facility_id=facility.id,
        on_behalf_of=on_behalf_of,
        outputs=outputs,
        as_of=as_of,
        zone=facility.entity.zone,
        trigger=trigger,
        schedule_id=schedule_id,
        due_at=due_at,
        request_id=request_id,
        note=note,
    )
    made = insert_all([wanted])
    return Job.get_by_id(made[0]) if made else None


def posting_date(entity: LegalEntity, as_of: datetime) -> date:
    """The day of an instant in the entity's zone."""
    return _day_in(entity.zone, as_of)


def _day_in(zone: str, instant: datetime) -> date:
    return instant.astimezone(UTC if zone == "UTC" else ZoneInfo(zone)).date()


def _values(job: NewJob) -> tuple[object, ...]:
    outputs = {
        str(route): {"format": output.format, "mapping_id": output.mapping_id}
        for route, output in job.outputs.items()
    }
    return (
        job.entity_id,
        job.destination_id,
        job.facility_id,
        job.on_behalf_of,
        str(job.trigger),
        job.schedule_id,
        None if job.due_at is None else to_millis(job.due_at),
        job.request_id,
        canonical_json(outputs),
        to_millis(job.as_of),
        _day_in(job.zone, job.as_of).isoformat(),
        job.note,
    )
