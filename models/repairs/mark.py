"""Mark as exported: what waits is known to be there already, so it must not go again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from models import clock
from models.audit import Actor
from models.database import execute
from models.destinations import Destination, LedgerState
from models.fields import to_millis
from models.people import Action, require
from models.repairs.carrying import Stop, carry_out
from models.repairs.ledger import Choice, ChosenRow, audit_invoices, common_refusal, load, present, refused
from models.repairs.plan import Change, Kind, LeftOut, Plan, Result, parted

NOT_SENT = "nothing is sent: look first whether these are where they belong"


def plan(actor: Actor, destination: Destination, choice: Choice) -> Plan:
    """What would count as exported without being sent.

    Raises `PermissionDenied`, and `InvalidInput` when nothing, or far too much, was chosen.
    """
    require(actor, Action.REPAIR, destination.entity_id)
    rows, missing = load(destination, choice)
    changes, left_out = parted(map(_look, rows))
    return Plan(
        kind=Kind.MARK,
        changes=changes,
        left_out=(*missing, *left_out),
        warnings=(NOT_SENT,) if changes else (),
        destination_id=destination.id,
    )


def apply(actor: Actor, wanted: Plan, reason: str, *, stop: Stop | None = None) -> Result:
    """Mark the plan's invoices, those that still stand as it showed, at the version it showed."""
    destination = Destination.get_by_id(wanted.destination_id)
    act = partial(_mark, actor, destination)
    return carry_out(actor, wanted, reason, act, stop=stop)


def _stamp(row: ChosenRow) -> tuple[object, ...]:
    return (row.state, row.changed_at, row.invoice_version)


def _look(row: ChosenRow) -> Change | LeftOut:
    if row.state == LedgerState.EXPORTED:
        return refused(row, "exported", "it is exported already", "nothing to do")
    if (refusal := common_refusal(row)) is not None:
        return refusal
    held = f", on hold: {row.reason}" if row.state == LedgerState.ON_HOLD else ""
    return Change(
        "invoice",
        row.invoice_id,
        row.entity_id,
        row.number,
        row.state,
        LedgerState.EXPORTED,
        f"{row.amount}, version {row.invoice_version}{held}",
        _stamp(row),
    )


_MARK = """
UPDATE export_ledger SET state = 'exported', job_id = NULL, code = 'marked', reason = ?, actor = ?,
       changed_at = ?, version = (SELECT i.version FROM invoice i WHERE i.id = export_ledger.invoice_id)
WHERE destination_id = ? AND state IN ('pending', 'on_hold') AND code <> 'outcome_unknown'
  AND invoice_id IN ({ids}) RETURNING invoice_id
"""


def _mark(actor: Actor, destination: Destination, reason: str, part: Sequence[Change]) -> list[Change]:
    now = present(destination.id, [change.subject_id for change in part])
    still = [change for change in part if (row := now.get(change.subject_id)) and _stamp(row) == change.stamp]
    ids = [change.subject_id for change in still]
    sql = _MARK.format(ids=", ".join("?" * len(ids)) or "NULL")
    values = (reason, actor.name, to_millis(clock.now()), destination.id, *ids)
    marked = {row[0] for row in execute(sql, values).fetchall()}
    done = [change for change in still if change.subject_id in marked]
    audit_invoices(actor, "mark as exported", destination.label, done, reason)
    return done
