"""Hold: what a job exported waits for a person, because of what was heard or done about it afterwards."""

from __future__ import annotations

from collections.abc import Iterable

from models import clock
from models.audit import Actor
from models.database import execute
from models.destinations import Destination, LedgerState
from models.fields import to_millis
from models.jobs import Job
from models.repairs.ledger import audit_invoices
from models.repairs.plan import Change

_HOLD = """
UPDATE export_ledger SET state = 'on_hold', job_id = NULL, version = NULL, code = ?, reason = ?, actor = ?,
       changed_at = ?
WHERE destination_id = ? AND state = 'exported' AND job_id = ? AND invoice_id = ? RETURNING invoice_id
"""
_NUMBER = "SELECT number FROM invoice WHERE id = ?"


def hold_exported(
    actor: Actor, action: str, job: Job, invoice_ids: Iterable[int], *, code: str, reason: str
) -> tuple[int, ...]:
    """Put these invoices on hold where the job exported them last; returns which those were.

    One that no longer counts as exported by this job stays as it is. Inside the caller's transaction.
    """
    told = (code, reason, actor.name, to_millis(clock.now()), job.destination_id, job.id)
    held = [one for one in invoice_ids if execute(_HOLD, (*told, one)).fetchone()]
    destination: Destination = job.destination
    changes = [change_of(job, one, LedgerState.EXPORTED, LedgerState.ON_HOLD) for one in held]
    audit_invoices(actor, action, destination.label, changes, reason)
    return tuple(held)


def change_of(job: Job, invoice_id: int, before: LedgerState, after: LedgerState) -> Change:
    """What became of an invoice that the job exported, as its audit tells it."""
    (number,) = execute(_NUMBER, (invoice_id,)).fetchone()
    return Change("invoice", invoice_id, job.entity_id, number, before, after)
