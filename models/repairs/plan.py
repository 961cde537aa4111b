"""What all repairs share: the frozen plan, carrying it out once in batches, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import uuid4

from peewee import IntegerField, TextField

from models import audit, clock
from models.audit import Actor
from models.database import Table, execute, executemany, transaction
from models.errors import InvalidInput
from models.fields import EnumField, UTCField, canonical_json, to_millis
from models.people import Action, require

LIMIT = 100_000
"""The most things of one plan."""
BATCH = 500
"""How many things one transaction changes, so that nobody waits long for the database."""


class Kind(StrEnum):
    """Which repair."""

    REVERT = "revert"
    MARK = "mark as exported"
    CANCEL = "cancel"
    RESOLVE = "resolve"
    REPEAT = "repeat"


class RepairBatch(Table):
    """One batch of one plan that was carried out: the same plan twice changes nothing."""

    plan_id = TextField()
    number = IntegerField()
    kind = EnumField(Kind)
    actor = TextField()
    reason = TextField()
    at = UTCField(default=clock.now)

    class Meta:
        table_name = "repair_batch"
        indexes = ((("plan_id", "number"), True),)


class Change(NamedTuple):
    """One thing that changes: from which state to which, with what a person should know before."""

    subject: str
    """`invoice`, `job`, `delivery` or `file`."""
    subject_id: int
    entity_id: int
    name: str
    before: str
    after: str
    detail: str = ""
    stamp: tuple[Any, ...] = ()
    """What it stood like when the plan was made; anything else leaves it out when the plan is done."""


class LeftOut(NamedTuple):
    """One thing that does not change, and why."""

    subject: str
    subject_id: int | None
    name: str
    code: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a repair would do. It is carried out as shown: what has changed since is left out."""

    kind: Kind
    made_at: datetime
    changes: tuple[Change, ...]
    left_out: tuple[LeftOut, ...] = ()
    warnings: tuple[str, ...] = ()
    destination_id: int | None = None
    id: str = field(default_factory=lambda: uuid4().hex)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a repair did; ring the bell for its jobs."""

    done: tuple[Change, ...]
    left_out: tuple[LeftOut, ...]
    repeated: bool = False
    """The plan, or a part of it, had been carried out before: that part changed nothing now."""
    jobs: tuple[int, ...] = ()


Act = Callable[[Sequence[Change]], Sequence[Change]]
"""Carries out a batch inside a transaction and returns the changes that were made."""


def limited(rows: Sequence[Any]) -> None:
    """Refuse a plan of more things than one can carry."""
    if len(rows) > LIMIT:
        raise InvalidInput(
            f"more than {LIMIT:,} are too many for one plan",
            remedy="narrow it, by dates for instance, and do it in parts",
            code="plan_too_large",
        )


def permit(actor: Actor, plan: Plan) -> None:
    """Refuse unless the actor may repair exports of every legal entity that the plan touches."""
    for entity_id in sorted({change.entity_id for change in plan.changes}):
        require(actor, Action.REPAIR, entity_id)


def carry_out(actor: Actor, plan: Plan, reason: str, act: Act) -> Result:
    """Carry out a plan in batches, each of them once however often the plan is sent."""
    done, left_out, repeated = list[Change](), list[LeftOut](), False
    for number, start in enumerate(range(0, len(plan.changes), BATCH)):
        part = plan.changes[start : start + BATCH]
        with transaction():
            if not _first(actor, plan, number, reason):
                repeated = True
                continue
            made = act(part)
        done += made
        ids = {change.subject_id for change in made}
        left_out += [changed_since(change) for change in part if change.subject_id not in ids]
    return Result(done=tuple(done), left_out=tuple(left_out), repeated=repeated)


_FIRST = """
INSERT INTO repair_batch (plan_id, number, kind, actor, reason, at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING RETURNING id
"""


def _first(actor: Actor, plan: Plan, number: int, reason: str) -> bool:
    values = (plan.id, number, plan.kind, actor.name, reason, to_millis(clock.now()))
    return execute(_FIRST, values).fetchone() is not None


def changed_since(change: Change) -> LeftOut:
    """What to say of a thing that is no longer as the plan showed it."""
    return LeftOut(
        change.subject,
        change.subject_id,
        change.name,
        "changed_since_plan",
        "it has changed since the plan was shown",
        f"look at it again: waybill {change.subject} show {change.name.rpartition(' ')[2]}",
    )


_AUDIT = """
INSERT INTO audit_entry (at, actor, os_account, action, subject, subject_id, subject_name, entity_id, before,
                         after, reason)
VALUES (?, ?, ?, ?, 'invoice', ?, ?, ?, ?, ?, ?)
"""


def audit_invoices(
    actor: Actor, action: str, destination: str, changes: Iterable[Change], reason: str
) -> None:
    """One line of audit for each invoice, so that its own history says who did this, and why."""
    now = to_millis(clock.now())
    executemany(
        _AUDIT,
        (
            (
                now,
                actor.name,
                actor.os_account,
                action,
                change.subject_id,
                change.name,
                change.entity_id,
                canonical_json({"destination": destination, "state": change.before}),
                canonical_json({"destination": destination, "state": change.after}),
                reason,
            )
            for change in changes
        ),
    )


def checked_reason(reason: str) -> str:
    """A reason that says something; raises `InvalidInput`."""
    return audit.checked_reason(reason)
