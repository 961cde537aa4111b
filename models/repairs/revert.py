"""Revert: what was exported, or waits on hold, is pending again and goes with the next export."""

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

DOUBLE_BOOKING = (
    "these have left already: unless they are removed where they arrived, they will be booked twice"
)


def plan(actor: Actor, destination: Destination, choice: Choice) -> Plan:
    """What would be pending again; each with the file it left in, and when.

    Raises `PermissionDenied`, and `InvalidInput` when nothing, or far too much, was chosen.
    """
    require(actor, Action.REPAIR, destination.entity_id)
    rows, missing = load(destination, choice)
    changes, left_out = parted(map(_look, rows))
    left = any(change.before == LedgerState.EXPORTED for change in changes)
    return Plan(
        kind=Kind.REVERT,
        changes=changes,
        left_out=(*missing, *left_out),
        warnings=(DOUBLE_BOOKING,) if left else (),
        destination_id=destination.id,
    )


def apply(actor: Actor, wanted: Plan, reason: str, *, stop: Stop | None = None) -> Result:
    """Make the plan's invoices pending, those that still stand as it showed."""
    destination = Destination.get_by_id(wanted.destination_id)
    act = partial(_revert, actor, destination)
    return carry_out(actor, wanted, reason, act, stop=stop)


def stamp_of(row: ChosenRow) -> tuple[object, ...]:
    """What must not change between plan and act."""
    return (row.state, row.version, row.job_id, row.changed_at)


def unchanged(destination_id: int, part: Sequence[Change]) -> list[Change]:
    """The changes whose ledger rows stand as the plan showed them."""
    now = present(destination_id, [change.subject_id for change in part])
    return [
        change
        for change in part
        if (row := now.get(change.subject_id)) is not None and stamp_of(row) == change.stamp
    ]


def _look(row: ChosenRow) -> Change | LeftOut:
    if row.state == LedgerState.PENDING:
        return refused(row, "pending", "it is pending already", "nothing to do: it goes with the next export")
    if (refusal := common_refusal(row)) is not None:
        return refusal
    detail = row.exported if row.state == LedgerState.EXPORTED else f"on hold: {row.reason}"
    return Change(
        "invoice",
        row.invoice_id,
        row.entity_id,
        row.number,
        row.state,
        LedgerState.PENDING,
        f"{row.amount}, {detail}",
        stamp_of(row),
    )


_REVERT = """
UPDATE export_ledger SET state = 'pending', job_id = NULL, version = NULL, code = 'reverted', reason = ?,
       actor = ?, changed_at = ?
WHERE destination_id = ? AND state IN ('exported', 'on_hold') AND invoice_id IN ({ids}) RETURNING invoice_id
"""


def _revert(actor: Actor, destination: Destination, reason: str, part: Sequence[Change]) -> list[Change]:
    still = unchanged(destination.id, part)
    ids = [change.subject_id for change in still]
    sql = _REVERT.format(ids=", ".join("?" * len(ids)) or "NULL")
    values = (reason, actor.name, to_millis(clock.now()), destination.id, *ids)
    reverted = {row[0] for row in execute(sql, values).fetchall()}
    done = [change for change in still if change.subject_id in reverted]
    audit_invoices(actor, "revert", destination.label, done, reason)
    return done
