"""Exports as they run: jobs that nobody takes, deliveries nobody knows of, and invoices nothing will send."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from models import clock, facility_settings
from models.audit import Actor
from models.database import execute
from models.doctor.finding import Finding, Level, judged
from models.doctor.ledger import Scope, scope_of
from models.entities import LegalEntity
from models.errors import WaybillError
from models.facilities import Facility, FacilityState
from models.fields import to_millis
from models.jobs import lease
from models.routes import ROUTE_SQL
from models.schedules import Schedule

_LATE = timedelta(minutes=2)


def examine(actor: Actor, entity: LegalEntity | None = None) -> Iterator[Finding]:
    """Every check of what runs, for one legal entity or for all that the actor may see."""
    scope = scope_of(actor, entity)
    yield judged("worker", "a worker takes what waits", _untaken(scope),
                 "see that one runs: waybill worker (or waybill up), and what it logs")  # fmt: skip
    yield judged("worker.gone", "the holder of every running job is alive", _orphans(scope),
                 "nothing to do while a worker runs: it takes the job over")  # fmt: skip
    yield judged("deliveries.unknown", "of every file it is known whether it arrived", _unknown(scope),
                 "look there, then say which: waybill delivery resolve ID --arrived (or --not-arrived)",
                 level=Level.WARNING)  # fmt: skip
    yield judged("invoices.on_hold", "no invoice is on hold", _on_hold(scope),
                 "see why: waybill invoice list --state on_hold", level=Level.WARNING)  # fmt: skip
    yield judged("facilities.settings", "every active facility can do what its schedules ask",
                 _incomplete(scope), "set it: waybill facility edit NAME --set KEY=VALUE")  # fmt: skip
    yield judged("invoices.unscheduled", "every pending invoice is of a kind that an enabled schedule writes",
                 _unscheduled(scope), "let a schedule write them: waybill schedule edit NAME --ach (--other);"
                 " or send them by hand: waybill export run", level=Level.WARNING)  # fmt: skip


_UNTAKEN = """
SELECT j.id, (SELECT MAX(v.at) FROM job_event v WHERE v.job_id = j.id) FROM export_job j
WHERE j.state = 'pending' AND (j.run_at IS NULL OR j.run_at < ?) AND {scope}
  AND NOT EXISTS (SELECT 1 FROM export_job o WHERE o.destination_id = j.destination_id
                  AND o.state = 'in_progress')
ORDER BY j.id
"""
_OVERDUE = """
SELECT s.name, e.name FROM schedule s JOIN facility f ON f.id = s.facility_id
JOIN legal_entity e ON e.id = s.entity_id
WHERE s.enabled AND NOT s.deleted AND s.next_due < ? AND e.export_scheduler AND {scope} ORDER BY s.id
"""


def _untaken(scope: Scope) -> Iterator[str]:
    late = to_millis(clock.now() - _LATE)
    sql = _UNTAKEN.format(scope=scope.on("j.destination_id"))
    for job_id, since in execute(sql, (late, *scope.values)).fetchall():
        if since is None or since < late:
            yield f"job {job_id} has waited for more than {_LATE.seconds // 60} minutes"
    sql = _OVERDUE.format(scope=scope.on("f.destination_id"))
    for name, entity in execute(sql, (late, *scope.values)).fetchall():
        yield f"the schedule {name} of {entity} was due, and has made no job"


_RUNNING = "SELECT j.id, j.owner FROM export_job j WHERE j.state = 'in_progress' AND {scope} ORDER BY j.id"


def _orphans(scope: Scope) -> Iterator[str]:
    sql = _RUNNING.format(scope=scope.on("j.destination_id"))
    for job_id, owner in execute(sql, scope.values).fetchall():
        if lease.is_gone(owner):
            yield f"job {job_id} was taken by a process that is gone"


_UNKNOWN = """
SELECT w.id, f.name, f.job_id FROM delivery w JOIN batch_file f ON f.id = w.file_id
JOIN export_job j ON j.id = f.job_id WHERE w.state = 'unknown' AND {scope} ORDER BY w.id
"""
_ON_HOLD = """
SELECT i.number, l.reason FROM export_ledger l JOIN invoice i ON i.id = l.invoice_id
WHERE l.state = 'on_hold' AND {scope} ORDER BY i.id
"""


def _unknown(scope: Scope) -> Iterator[str]:
    for row in execute(_UNKNOWN.format(scope=scope.on("j.destination_id")), scope.values):
        yield f"delivery {row[0]}: {row[1]} of job {row[2]}"


def _on_hold(scope: Scope) -> Iterator[str]:
    for number, reason in execute(_ON_HOLD.format(scope=scope.on("l.destination_id")), scope.values):
        yield f"invoice {number}: {reason}"


def _schedules() -> Iterator[Schedule]:
    """The enabled schedules of active facilities."""
    query = Schedule.select(Schedule, Facility).join(Facility, on=(Schedule.facility == Facility.id))
    yield from query.where(Schedule.enabled, ~Schedule.deleted, Facility.state == FacilityState.ACTIVE)


def _incomplete(scope: Scope) -> Iterator[str]:
    for schedule in _schedules():
        if not _within(scope, schedule.facility.destination_id):
            continue
        settings = facility_settings.effective_settings(schedule.facility)
        for route, output in schedule.outputs.items():
            for key in (output.format, settings[f"{route}_gateway"]):
                try:
                    problem = facility_settings.missing_settings(schedule.facility, key)
                except (WaybillError, KeyError) as error:
                    yield f"{schedule.name}: {key}: {error}"
                    continue
                if problem is not None:
                    yield f"{schedule.name}: {problem.message}"


def _within(scope: Scope, destination_id: int) -> bool:
    sql = f"SELECT 1 FROM destination s WHERE s.id = ? AND {scope.on('s.id')}"  # noqa: S608 - constant text
    return execute(sql, (destination_id, *scope.values)).fetchone() is not None


_PENDING = f"""
SELECT d.id, e.name, d.direction, d.name, {ROUTE_SQL}, COUNT(*) FROM export_ledger l
JOIN destination d ON d.id = l.destination_id JOIN legal_entity e ON e.id = d.entity_id
JOIN invoice i ON i.id = l.invoice_id JOIN party p ON p.id = i.party_id
WHERE l.state = 'pending' AND i.status = 'ready' AND {{scope}} GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 5
"""  # noqa: S608 - constant text


def _unscheduled(scope: Scope) -> Iterator[str]:
    written = {
        (schedule.facility.destination_id, str(route))
        for schedule in _schedules()
        for route in schedule.outputs
    }
    sql = _PENDING.format(scope=scope.on("l.destination_id"))
    for destination_id, entity, direction, name, route, count in execute(sql, scope.values):
        if (destination_id, route) not in written:
            kind = "ACH" if route == "ach" else "non-ACH"
            yield f"{entity}: {count:,} {kind} invoices of {direction}/{name}"
