"""What was done with one thing, from the audit, for whoever may see that."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from models.audit import AuditEntry
from models.people import Action, Actor, allowed

_MOST = 200


class Act(NamedTuple):
    """One act of a person on the thing."""

    id: int
    at: datetime
    who: str
    account: str
    """The OS account it came by, or the way in over the web."""
    what: str
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str


def of(actor: Actor, subject: str, subject_id: int, entity_id: int | None) -> tuple[Act, ...] | None:
    """The latest acts first, at most 200; None where the actor may not see the legal entity's audit.

    Without an entity: a thing that belongs to none, whose audit is for who sees all.
    """
    if not allowed(actor, Action.SEE_AUDIT, entity_id):
        return None
    which = AuditEntry.subject == subject, AuditEntry.subject_id == subject_id
    query = AuditEntry.select().where(*which).order_by(AuditEntry.id.desc()).limit(_MOST)
    return tuple(
        Act(
            id=row.id,
            at=row.at,
            who=row.actor,
            account=row.os_account,
            what=row.action.replace("_", " "),
            before=row.before or {},
            after=row.after or {},
            reason=row.reason,
        )
        for row in query
    )
