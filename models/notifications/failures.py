"""Which failures are news, and the letters about them: written as sets, in the job's own last transaction.

The same failure (its code) of the same invoice version at the same facility is told once, however often the
schedule comes round. A job that failed before it took any invoice is told once too, until the facility
works again: then a new outage is news.
"""

from __future__ import annotations

import logging

from peewee import BigIntegerField, CompositeKey, ForeignKeyField, IntegerField, TextField

from models import clock, people
from models.database import Row, execute, transaction
from models.destinations import LedgerState
from models.facilities import Facility
from models.fields import UTCField, amount_text, to_millis
from models.jobs.records import Job, JobState
from models.notifications import letter, outbox
from models.notifications.letter import FailedInvoice, Report
from models.notifications.outbox import MailKind
from models.people import Role
from models.settings import current

log = logging.getLogger("waybill.mail")

TOLD = frozenset({Role.ACCOUNTING_REVIEW, Role.ADMINISTRATOR, Role.SUPPORT})
"""Who is told of a failed export (seeds/002, last section; DESIGN §3.10)."""

_KINDS = {
    JobState.FAILED: MailKind.EXPORT_FAILED,
    JobState.COMPLETED_WITH_ERRORS: MailKind.EXPORT_WITH_ERRORS,
}


class MailedFailure(Row):
    """What was told already. Invoice 0, version 0: a job that failed before it took any invoice."""

    facility = ForeignKeyField(Facility)
    code = TextField()
    invoice_id = BigIntegerField()
    version = IntegerField()
    job_id = BigIntegerField()
    """The job, and below its attempt, that it was first told of."""
    attempt = IntegerField()
    mailed_at = UTCField(default=clock.now)

    class Meta:
        table_name = "mailed_failure"
        primary_key = CompositeKey("facility", "code", "invoice_id", "version")
        without_rowid = True


# Failed by itself or abandoned with the whole job: what went by another job meanwhile is no failure.
_UNSENT = "t.job_id = ? AND t.state IN ('failed', 'abandoned') AND t.code <> 'gone_elsewhere'"
_NOTE_ITEMS = f"""
INSERT INTO mailed_failure (facility_id, code, invoice_id, version, job_id, attempt, mailed_at)
SELECT ?, t.code, t.invoice_id, t.version, t.job_id, ?, ? FROM export_item t WHERE {_UNSENT}
ON CONFLICT DO NOTHING
"""  # noqa: S608 - constant text
# The whole job, when none of its items says so: it took none, or it is a re-queued one that took none again.
_NOTE_JOB = f"""
INSERT INTO mailed_failure (facility_id, code, invoice_id, version, job_id, attempt, mailed_at)
SELECT j.facility_id, j.code, 0, 0, j.id, j.attempt, ? FROM export_job j
WHERE j.id = ? AND j.state = 'failed'
  AND NOT EXISTS (SELECT 1 FROM export_item t WHERE {_UNSENT} AND t.code = j.code)
ON CONFLICT DO NOTHING
"""  # noqa: S608 - constant text
_ENDED_AS = "SELECT state, facility_id FROM export_job WHERE id = ?"
_WORKS_AGAIN = "DELETE FROM mailed_failure WHERE facility_id = ? AND invoice_id = 0"
_WHERE_UNSENT = f"""
SELECT l.state, COUNT(*) FROM export_item t
JOIN export_ledger l ON l.destination_id = ? AND l.invoice_id = t.invoice_id
WHERE {_UNSENT} GROUP BY l.state
"""  # noqa: S608 - constant text
_PENDING = "SELECT COUNT(*) FROM export_ledger WHERE destination_id = ? AND state = 'pending'"
_SUCCESSFUL = "SELECT COUNT(*) FROM export_item WHERE job_id = ? AND state = 'successful'"
_NEWS = f"""
SELECT i.number, p.name, t.amount, t.currency, t.reason, t.remedy FROM export_item t
JOIN mailed_failure m ON m.facility_id = ? AND m.code = t.code AND m.invoice_id = t.invoice_id
    AND m.version = t.version AND m.job_id = t.job_id AND m.attempt = ?
JOIN invoice i ON i.id = t.invoice_id JOIN party p ON p.id = t.party_id
WHERE {_UNSENT} ORDER BY CASE t.state WHEN 'failed' THEN 0 ELSE 1 END, t.invoice_id LIMIT ?
"""  # noqa: S608 - constant text


def job_ended(job_id: int) -> int:
    """Put letters about an ended job into the outbox when it has news; returns how many.

    For the settle step: inside its transaction, when job, items and ledger are in their final states. A job
    that has not ended, or ended well, makes no letters. One statement per question, however many items.
    """
    with transaction():
        state, facility_id = execute(_ENDED_AS, (job_id,)).fetchone()
        if state in (JobState.COMPLETED, JobState.COMPLETED_WITH_ERRORS):
            facility_works(facility_id)
        if state not in _KINDS:
            return 0
        job: Job = Job.get_by_id(job_id)
        news = _note_items(job)
        if not (_note_job(job) or news):
            log.info("mail.no_news job=%d: this failure was told before", job.id)
            return 0
        subject, body = letter.write(_report(job, news))
        return outbox.put(
            # The instant tells installations, and databases made anew, apart: receivers drop a known id.
            f"job/{job.id}/{job.attempt}/{to_millis(job.created_at)}",
            kind=_KINDS[job.state],
            entity_id=job.entity_id,
            job_id=job.id,
            recipients=recipients(job.entity_id),
            subject=subject,
            body=body,
        )


def facility_works(facility_id: int) -> None:
    """A job of it ended well: its next outage is news; inside the transaction that ends the job."""
    execute(_WORKS_AGAIN, (facility_id,))


def recipients(entity_id: int) -> list[str]:
    """Everyone who is told of this entity's failed exports, each address once."""
    addresses = [user.email for user in people.holders(TOLD, entity_id)]
    addresses += [part.strip() for part in current().mail.support.split(",") if part.strip()]
    distinct: dict[str, str] = {}
    for address in addresses:
        distinct.setdefault(address.casefold(), address)
    return list(distinct.values())


def _note_items(job: Job) -> int:
    now = to_millis(clock.now())
    return int(execute(_NOTE_ITEMS, (job.facility_id, job.attempt, now, job.id)).rowcount)


def _note_job(job: Job) -> int:
    return int(execute(_NOTE_JOB, (to_millis(clock.now()), job.id, job.id)).rowcount)


def _unsent_by_state(job: Job) -> dict[LedgerState, int]:
    found = execute(_WHERE_UNSENT, (job.destination_id, job.id))
    return {LedgerState(state): number for state, number in found}


def _report(job: Job, news: int) -> Report:
    unsent = _unsent_by_state(job)
    total = sum(unsent.values())
    pending = unsent.get(LedgerState.PENDING, 0)
    on_hold = unsent.get(LedgerState.ON_HOLD, 0)
    return Report(
        entity=job.entity.name,
        facility=job.facility.name,
        destination=job.destination.label,
        job_id=job.id,
        attempt=job.attempt,
        ended_at=job.finished_at or clock.now(),
        failed=job.state == JobState.FAILED,
        reason=job.reason,
        remedy=job.remedy,
        sent=int(execute(_SUCCESSFUL, (job.id,)).fetchone()[0]),
        pending=pending if total else int(execute(_PENDING, (job.destination_id,)).fetchone()[0]),
        on_hold=on_hold,
        elsewhere=total - pending - on_hold,
        collected=bool(total),
        invoices=_invoices(job),
        news=news,
        told_before=total - news,
    )


def _invoices(job: Job) -> list[FailedInvoice]:
    """The first ones that are news; a reason that is the job's own is not said again beside each."""
    rows = execute(_NEWS, (job.facility_id, job.attempt, job.id, letter.LISTED))
    return [
        FailedInvoice(
            number=number,
            party=party,
            amount=f"{amount_text(amount, currency)} {currency}",
            reason="" if reason == job.reason else reason,
            remedy=remedy,
        )
        for number, party, amount, currency, reason, remedy in rows
    ]
