"""The tables of export jobs: job, attempts, items, history."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from peewee import BigIntegerField, BooleanField, CompositeKey, ForeignKeyField, IntegerField, TextField

from models import clock
from models.database import Row, Table, execute
from models.destinations import Destination
from models.entities import LegalEntity
from models.facilities import Facility
from models.fields import EnumField, JSONField, UTCField, to_millis
from models.invoices import Invoice
from models.people import User


class JobState(StrEnum):
    """Where a job stands."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({JobState.COMPLETED, JobState.COMPLETED_WITH_ERRORS, JobState.FAILED, JobState.CANCELLED})


class ItemState(StrEnum):
    """Where one invoice version stands within one job."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    ABANDONED = "abandoned"


class Route(StrEnum):
    """Which of a job's files an invoice goes into."""

    ACH = "ach"
    OTHER = "other"


class Trigger(StrEnum):
    """What made the job."""

    SCHEDULE = "schedule"
    REQUEST = "request"
    REPEAT = "repeat"
    """A file's very same bytes once more; such a job takes no invoices."""
    REVERSAL = "reversal"
    """ACH payments of a file taken back; such a job takes no invoices either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a job writes for one route: a format, and a mapping for those that have columns."""

    format: str
    mapping_id: int | None = None


class Job(Table):
    """One run of an export."""

    entity = ForeignKeyField(LegalEntity, index=False)
    destination = ForeignKeyField(Destination)
    facility = ForeignKeyField(Facility)
    on_behalf_of = ForeignKeyField(User, index=False)
    trigger = EnumField(Trigger)
    schedule_id = BigIntegerField(null=True)
    due_at = UTCField(null=True)
    """The schedule's time that this job answers; with the schedule it is unique."""
    request_id = TextField(null=True, unique=True)
    """Made when a form or call opens: the same request makes one job however often it is sent."""
    outputs = JSONField()
    """Route → {format, mapping_id}: what was asked for."""
    as_of = UTCField()
    """The due or request time: dates in the files are of this instant, never of the clock."""
    posting_date = TextField()
    """ISO day, in the entity's zone."""
    state = EnumField(JobState, default=JobState.PENDING)
    attempt = IntegerField(default=0)
    tries = IntegerField(default=0)
    owner = TextField(default="")
    heartbeat = BigIntegerField(default=0)
    run_at = UTCField(null=True)
    """Not to be claimed before; null: at once."""
    plan = JSONField(null=True)
    """Frozen when collected: facility settings, each route's format settings and mapping version."""
    note = TextField(default="")
    """What a reader should know: caught-up runs, for instance."""
    succeeded = IntegerField(default=0)
    failed = IntegerField(default=0)
    abandoned = IntegerField(default=0)
    code = TextField(default="")
    reason = TextField(default="")
    remedy = TextField(default="")
    cancelled_by = TextField(null=True)
    """Who asked for its end; its worker heeds that between two steps, as long as nothing is on its way."""
    cancel_reason = TextField(null=True)
    created_at = UTCField(default=clock.now)
    started_at = UTCField(null=True)
    finished_at = UTCField(null=True)
    entity_id: int
    destination_id: int
    facility_id: int
    on_behalf_of_id: int

    class Meta:
        table_name = "export_job"
        indexes = ((("schedule_id", "due_at"), True), (("entity", "id"), False))


Job.add_index(
    Job.index(
        Job.destination,
        unique=True,
        name="export_job_one_in_progress",
        where=(Job.state == JobState.IN_PROGRESS),
    )
)
# Whose turn it is, however many jobs have ended.
Job.add_index(
    Job.index(Job.destination, Job.id, name="export_job_pending", where=(Job.state == JobState.PENDING))
)
Job.add_index(
    Job.index(
        Job.id, name="export_job_waiting", where=(Job.state.in_([JobState.PENDING, JobState.IN_PROGRESS]))
    )
)
Job.add_index(
    Job.index(
        Job.id,
        name="export_job_failed",
        where=(Job.state.in_([JobState.FAILED, JobState.COMPLETED_WITH_ERRORS])),
    )
)
Job.add_index(
    Job.index(Job.state, Job.id, name="export_job_cancelled", where=(Job.state == JobState.CANCELLED))
)
# What went wrong, and what was cancelled.
Job.add_index(Job.index(Job.id, name="export_job_wrong", where=(Job.code != "")))
# Failures counted by cause without looking at the jobs themselves.
Job.add_index(
    Job.index(
        Job.code,
        Job.facility,
        Job.entity,
        Job.finished_at,
        Job.state,
        name="export_job_failed_code",
        where=(Job.state.in_([JobState.FAILED, JobState.COMPLETED_WITH_ERRORS])),
    )
)
# What ended lately and how, counted without looking at the jobs themselves.
Job.add_index(Job.index(Job.finished_at, Job.state, Job.entity, Job.facility, name="export_job_ended"))


class JobAttempt(Table):
    """One claim of a job by one worker, kept with its error and duration."""

    job = ForeignKeyField(Job, backref="attempts", index=False)
    number = IntegerField()
    owner = TextField()
    started_at = UTCField(default=clock.now)
    finished_at = UTCField(null=True)
    outcome = TextField(default="")
    """The job's state it ended in, or `lost`, `handed_back`, `postponed`."""
    code = TextField(default="")
    reason = TextField(default="")
    detail = TextField(default="")
    """The traceback of what nobody expected."""

    class Meta:
        table_name = "job_attempt"
        indexes = ((("job", "number"), True),)


class ExportItem(Row):
    """One invoice version within one job."""

    job = ForeignKeyField(Job, backref="items", index=False)
    invoice = ForeignKeyField(Invoice, backref="items", index=False)
    version = IntegerField()
    route = EnumField(Route)
    party_id = BigIntegerField()
    party_number = TextField()
    """With the name as collected: a file says the same however often it is written."""
    party_name = TextField()
    document_type = TextField()
    account_id = BigIntegerField(null=True)
    """The bank account's row that an ACH item pays to."""
    amount = BigIntegerField()
    """Minor units, signed."""
    currency = TextField()
    state = EnumField(ItemState, default=ItemState.IN_PROGRESS)
    file_id = BigIntegerField(null=True)
    held = BooleanField(default=False)
    """Failed so that its invoice waits on hold for a person."""
    code = TextField(default="")
    term = TextField(default="")
    """The business term, or field of the format, that the reason is about."""
    reason = TextField(default="")
    remedy = TextField(default="")

    class Meta:
        table_name = "export_item"
        primary_key = CompositeKey("job", "invoice")
        without_rowid = True


ExportItem.add_index(ExportItem.index(ExportItem.invoice, name="export_item_invoice"))
# The order files are written in, so that a hundred thousand items stream without being sorted.
ExportItem.add_index(
    ExportItem.index(
        ExportItem.job,
        ExportItem.route,
        ExportItem.party_id,
        ExportItem.document_type,
        ExportItem.invoice,
        name="export_item_file_order",
    )
)
ExportItem.add_index(
    ExportItem.index(
        ExportItem.job,
        ExportItem.invoice,
        name="export_item_not_gone",
        where=ExportItem.state.in_([ItemState.FAILED, ItemState.ABANDONED]),
    )
)


class JobSelection(Row):
    """One invoice that a job asked for by hand is restricted to; `selection` says what that means."""

    job = ForeignKeyField(Job, index=False)
    invoice = ForeignKeyField(Invoice)
    exported_at = BigIntegerField(null=True)
    """Of one that goes again: milliseconds of the export that the person saw."""

    class Meta:
        table_name = "job_selection"
        primary_key = CompositeKey("job", "invoice")
        without_rowid = True


class JobEvent(Table):
    """One step of a job's history; only ever added to."""

    job = ForeignKeyField(Job, backref="events")
    at = UTCField(default=clock.now)
    attempt = IntegerField()
    what = TextField()
    actor = TextField(default="")
    reason = TextField(default="")

    class Meta:
        table_name = "job_event"


_NOTE = "INSERT INTO job_event (job_id, at, attempt, what, actor, reason) VALUES (?, ?, ?, ?, ?, ?)"


def note_event(job_id: int, attempt: int, what: str, *, actor: str = "", reason: str = "") -> None:
    """Add one line to the job's history."""
    execute(_NOTE, (job_id, to_millis(clock.now()), attempt, what, actor, reason))


def outputs_of(job: Job) -> dict[Route, Output]:
    """What the job was asked to write, by route."""
    asked: dict[str, Any] = job.outputs
    return {Route(route): Output(**output) for route, output in asked.items()}
