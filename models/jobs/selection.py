"""The invoices that a job is restricted to: those a person chose. Without any, it takes all that is pending.

What was exported already goes again only as the person saw it: with the export that stood there then. One
that another job has sent again meanwhile is left alone, so two people who press at once send it once more,
not twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from models import clock
from models.audit import Actor
from models.database import execute, executemany
from models.fields import canonical_json, to_millis
from models.routes import ROUTE_SQL


class Chosen(NamedTuple):
    """One invoice that a person chose."""

    invoice_id: int
    exported_at: int | None = None
    """Of one that goes again: when it was exported, in milliseconds, as its ledger row says."""


_INSERT = "INSERT INTO job_selection (job_id, invoice_id, exported_at) VALUES (?, ?, ?)"
# Whether a chosen invoice (s) may still go, by its ledger row (l).
STILL_GOES = """
(l.state = 'pending' OR l.state = 'exported' AND l.changed_at = s.exported_at
                        AND (l.job_id IS NULL OR l.job_id <> s.job_id))
"""
# One line of audit for each that goes again, so that its own history says who wanted that, and why.
_AUDIT_AGAIN = """
INSERT INTO audit_entry (at, actor, os_account, action, subject, subject_id, subject_name, entity_id, before,
                         after, reason)
SELECT ?, ?, ?, 'export again', 'invoice', i.id, i.number, i.entity_id, ?, ?, ?
FROM job_selection s JOIN invoice i ON i.id = s.invoice_id
WHERE s.job_id = ? AND s.exported_at IS NOT NULL ORDER BY i.id
"""


def restrict(job_id: int, chosen: Iterable[Chosen]) -> None:
    """Restrict a job to these invoices; inside the transaction that makes it."""
    executemany(_INSERT, ((job_id, one.invoice_id, one.exported_at) for one in chosen))


def audit_again(actor: Actor, job_id: int, destination: str, reason: str) -> None:
    """Write down each invoice of the job's that goes again; inside the same transaction."""
    before = canonical_json({"destination": destination, "state": "exported"})
    after = canonical_json({"destination": destination, "job": job_id})
    who = (to_millis(clock.now()), actor.name, actor.os_account)
    execute(_AUDIT_AGAIN, (*who, before, after, reason, job_id))


def is_restricted(job_id: int) -> bool:
    """Whether the job takes only what a person chose."""
    return execute("SELECT 1 FROM job_selection WHERE job_id = ? LIMIT 1", (job_id,)).fetchone() is not None


_WAITING = f"""
SELECT COUNT(*) FROM job_selection s JOIN export_job j ON j.id = s.job_id
JOIN export_ledger l ON l.destination_id = j.destination_id AND l.invoice_id = s.invoice_id
JOIN invoice i ON i.id = s.invoice_id JOIN party p ON p.id = i.party_id
WHERE s.job_id = ? AND {STILL_GOES} AND i.status = 'ready'
AND REPLACE(j.outputs, '"' || {ROUTE_SQL} || '":', '') <> j.outputs
"""  # noqa: S608 - constant text; the last condition: the job writes this route


def waiting(job_id: int) -> int:
    """How many of the chosen invoices may still go."""
    return int(execute(_WAITING, (job_id,)).fetchone()[0])
