"""What all repairs share: the frozen plan of what changes, what is left out and why, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import uuid4

from models import clock
from models.errors import InvalidInput

LIMIT = 100_000
"""The most things of one plan."""


class Kind(StrEnum):
    """Which repair."""

    REQUEUE = "re-queue"
    CANCEL = "cancel"
    MARK = "mark as exported"
    REVERT = "revert"
    RESOLVE = "resolve"
    REPEAT = "repeat"
    RE_EXPORT = "re-export"
    REVERSE = "reverse"


class Aside(NamedTuple):
    """Invoices of something that changes which stay as they are, and why."""

    invoices: int
    code: str
    reason: str


class Change(NamedTuple):
    """One thing that changes: from which state to which, with what a person should know before."""

    subject: str
    """`invoice`, `job`, `delivery`, `file` or `entry`."""
    subject_id: int
    entity_id: int
    name: str
    before: str
    after: str
    detail: str = ""
    stamp: tuple[Any, ...] = ()
    """What it stood like when the plan was made; anything else leaves it out when the plan is done."""
    invoices: int = 1
    """How many invoices it moves."""
    asides: tuple[Aside, ...] = ()


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
    changes: tuple[Change, ...]
    left_out: tuple[LeftOut, ...] = ()
    warnings: tuple[str, ...] = ()
    destination_id: int | None = None
    facility_id: int | None = None
    """What exports, of a plan that makes a job."""
    made_at: datetime = field(default_factory=lambda: clock.now())
    id: str = field(default_factory=lambda: uuid4().hex)
    """Made with the plan: however often it is sent, it is carried out once."""

    @property
    def invoices(self) -> int:
        """How many invoices it moves, each counted once."""
        return sum(change.invoices for change in self.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a repair did; ring the bell for its jobs."""

    done: tuple[Change, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    """What had changed since the plan."""
    repeated: bool = False
    """The plan, or a part of it, had been carried out before: that part changed nothing now."""
    remaining: int = 0
    """How many changes are still to come, because a person stopped it between two batches."""
    jobs: tuple[int, ...] = ()


def parted(looked: Iterable[Change | LeftOut]) -> tuple[tuple[Change, ...], tuple[LeftOut, ...]]:
    """What changes, and what does not."""
    every = list(looked)
    changes = tuple(one for one in every if isinstance(one, Change))
    return changes, tuple(one for one in every if isinstance(one, LeftOut))


def limited(rows: Sequence[Any], limit: int = LIMIT) -> None:
    """Refuse a plan of more things than one can carry."""
    if len(rows) > limit:
        raise InvalidInput(
            f"more than {limit:,} are too many for one plan",
            remedy="narrow it, by dates for instance, and do it in parts",
            code="plan_too_large",
        )


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
