"""Carrying out a plan: stored first, then done in batches, each once however often the plan is sent.

A plan is stored with its first sending. So one that was stopped, or whose process was killed, between two
batches can be gone on with by its id; and one sent again does nothing, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from peewee import BigIntegerField, IntegerField, TextField

from models import clock
from models.audit import Actor, checked_reason
from models.database import Table, execute, executemany, snapshot, transaction
from models.errors import Conflict
from models.faults import fault_point
from models.fields import EnumField, JSONField, UTCField, canonical_json, to_millis
from models.people import Action, require
from models.repairs.plan import LIMIT, Change, Kind, LeftOut, Plan, Result, changed_since

BATCH = 500
"""How many things one transaction changes, so that nobody waits long for the database."""
WHOLE = LIMIT
"""The batch of a repair that makes one job of everything."""

Act = Callable[[str, Sequence[Change]], Sequence[Change | LeftOut]]
"""Carries out a batch, for a reason, inside a transaction; returns what it did, and why not the rest."""
_ActOnBatch = Callable[[Sequence[Change]], Sequence[Change | LeftOut]]
Stop = Callable[[], bool]
"""Asked between two batches whether a person wants no more of them."""


class RepairBatch(Table):
    """Some changes of one plan, carried out in one transaction, and once."""

    plan_id = TextField()
    number = IntegerField()
    kind = EnumField(Kind)
    destination_id = BigIntegerField(null=True)
    facility_id = BigIntegerField(null=True)
    actor = TextField()
    reason = TextField()
    changes = JSONField()
    """What is to be done; empty once it is, for the audit tells it then."""
    at = UTCField(default=clock.now)
    """When the plan was sent first."""
    done_at = UTCField(null=True)

    class Meta:
        table_name = "repair_batch"
        indexes = ((("plan_id", "number"), True),)


def carry_out(
    actor: Actor, plan: Plan, reason: str, act: Act, *, stop: Stop | None = None, size: int | None = None
) -> Result:
    """Carry out what is still open of a plan; `stop` ends it between two batches, the rest stays open.

    Raises `PermissionDenied`, `InvalidInput` for a reason that says nothing, and `Conflict` when its id
    belongs to another act.
    """
    reason = checked_reason(reason)
    _permit(actor, plan.changes)
    repeated = not _store(actor, plan, reason, size or BATCH)
    done, left_out = list[Change](), list[LeftOut]()
    open_batches = _open(plan.id)
    while open_batches and not (stop is not None and stop()):
        looked = _carry_out_batch(actor, plan.id, open_batches.pop(0), partial(act, reason))
        if looked is None:
            repeated = True
            continue
        done += [one for one in looked if isinstance(one, Change)]
        left_out += [one for one in looked if isinstance(one, LeftOut)]
    return Result(
        done=tuple(done),
        left_out=tuple(left_out),
        repeated=repeated,
        remaining=sum(len(_changes(plan.id, number)) for number in open_batches),
    )


def stored(actor: Actor, kind: Kind, plan_id: str) -> Plan | None:
    """A plan that was sent before, with what is still open of it; None when it never was."""
    with snapshot():
        batches = list(
            RepairBatch.select().where(RepairBatch.plan_id == plan_id).order_by(RepairBatch.number)
        )
    if not batches:
        return None
    first = batches[0]
    _check_same(first.actor, first.kind, actor, kind, plan_id)
    return Plan(
        id=plan_id,
        kind=kind,
        made_at=first.at,
        changes=tuple(change for batch in batches for change in map(_as_change, batch.changes)),
        destination_id=first.destination_id,
        facility_id=first.facility_id,
    )


_STORE = """
INSERT INTO repair_batch (plan_id, number, kind, destination_id, facility_id, actor, reason, changes, at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
_FIRST = "SELECT actor, kind FROM repair_batch WHERE plan_id = ? AND number = 0"
_OPEN = "SELECT number FROM repair_batch WHERE plan_id = ? AND done_at IS NULL ORDER BY number"
_CHANGES = "SELECT changes FROM repair_batch WHERE plan_id = ? AND number = ? AND done_at IS NULL"
_DONE = "UPDATE repair_batch SET done_at = ?, changes = '[]' WHERE plan_id = ? AND number = ?"


def _store(actor: Actor, plan: Plan, reason: str, size: int) -> bool:
    """Keep a plan that is sent for the first time; False for any other time."""
    where = (plan.destination_id, plan.facility_id)
    now = to_millis(clock.now())
    parts = [plan.changes[start : start + size] for start in range(0, len(plan.changes), size)]
    with transaction():
        sent = execute(_FIRST, (plan.id,)).fetchone()
        if sent is not None:
            _check_same(sent[0], sent[1], actor, plan.kind, plan.id)
            return False
        executemany(
            _STORE,
            (
                (plan.id, number, plan.kind, *where, actor.name, reason, canonical_json(part), now)
                for number, part in enumerate(parts)
            ),
        )
        fault_point("repair.storing")
    fault_point("repair.stored")
    return True


def _carry_out_batch(
    actor: Actor, plan_id: str, number: int, act: _ActOnBatch
) -> Sequence[Change | LeftOut] | None:
    """Do one batch; None when somebody else has just done it."""
    with transaction():
        part = _changes(plan_id, number)
        if not part:
            return None
        _permit(actor, part)
        execute(_DONE, (to_millis(clock.now()), plan_id, number))
        looked = list(act(part))
        fault_point("repair.changing")
    fault_point("repair.changed")
    told = {one.subject_id for one in looked}
    return [*looked, *(changed_since(change) for change in part if change.subject_id not in told)]


def _open(plan_id: str) -> list[int]:
    return [row[0] for row in execute(_OPEN, (plan_id,))]


def _changes(plan_id: str, number: int) -> list[Change]:
    row = execute(_CHANGES, (plan_id, number)).fetchone()
    return [] if row is None else list(map(_as_change, JSONField().python_value(row[0])))


def _as_change(kept: Sequence[Any]) -> Change:
    """A change as it was kept, without what only its plan says of it."""
    *said, stamp, invoices, _ = kept
    return Change._make((*said, tuple(stamp), invoices, ()))


def _permit(actor: Actor, changes: Sequence[Change]) -> None:
    for entity_id in sorted({change.entity_id for change in changes}):
        require(actor, Action.REPAIR, entity_id)


def _check_same(sender: str, sent_kind: str, actor: Actor, kind: Kind, plan_id: str) -> None:
    if (sender, sent_kind) != (actor.name, kind):
        raise Conflict(
            f"the request id {plan_id} was used for another act: {sent_kind}, by {sender}",
            remedy="leave the request id out, or give a new one",
            code="request_id_used",
        )
