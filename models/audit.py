"""Who did what: one row for every act that changed something, written in the act's own transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from peewee import BigIntegerField, TextField

from models import clock
from models.database import Table
from models.errors import InvalidInput
from models.fields import JSONField, UTCField


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: a user, by which OS account, or Waybill itself (no user) on a user's behalf."""

    user_id: int | None
    name: str
    """The user's e-mail; `waybill` for Waybill itself."""
    os_account: str = ""


WAYBILL = Actor(user_id=None, name="waybill")
"""The worker acting by itself; it may do whatever a committed instruction asks for."""


class AuditEntry(Table):
    """One act. `before` and `after` hold the fields that changed; never a secret."""

    at = UTCField(default=clock.now)
    actor = TextField()
    os_account = TextField()
    action = TextField()
    subject = TextField()
    """What kind of thing: `facility`, `schedule`, …"""
    subject_id = BigIntegerField(null=True)
    subject_name = TextField(default="")
    entity_id = BigIntegerField(null=True)
    before = JSONField(null=True)
    after = JSONField(null=True)
    reason = TextField(default="")

    class Meta:
        table_name = "audit_entry"
        indexes = ((("subject", "subject_id", "id"), False), (("entity_id", "id"), False))


def record(
    actor: Actor,
    action: str,
    subject: str,
    *,
    subject_id: int | None = None,
    name: str = "",
    entity_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Write down one act; call it inside the transaction that makes the change.

    An edit that changed nothing is no act.
    """
    if action == "edit" and not (before or after):
        return
    AuditEntry.create(
        actor=actor.name,
        os_account=actor.os_account,
        action=action,
        subject=subject,
        subject_id=subject_id,
        subject_name=name,
        entity_id=entity_id,
        before=before,
        after=after,
        reason=reason,
    )


class Named(Protocol):
    """A thing of a legal entity that people know by its name."""

    id: Any
    name: Any
    entity_id: int


def record_of(subject: str, actor: Actor, action: str, thing: Named, **what: Any) -> None:
    """Write down one act on a thing that has id, name and legal entity; `what` as `record` takes it."""
    record(actor, action, subject, subject_id=thing.id, name=thing.name, entity_id=thing.entity_id, **what)


def checked_reason(reason: str) -> str:
    """A reason that says something; raises `InvalidInput` for an empty or endless one."""
    reason = " ".join(reason.split())
    if not reason or len(reason) > 1000:
        raise InvalidInput(
            "the reason is empty" if not reason else f"the reason has {len(reason)} characters",
            remedy="say in 1 to 1000 characters why, for whoever reads the audit",
            code="no_reason",
        )
    return reason


def changed(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both sides cut down to the keys whose values differ."""
    keys = [key for key in after if before.get(key) != after[key]]
    return {key: before.get(key) for key in keys}, {key: after[key] for key in keys}


def entries(
    *,
    entity_ids: list[int] | None = None,
    before_id: int | None = None,
    since: datetime | None = None,
    limit: int = 100,
) -> list[AuditEntry]:
    """Newest first; `entity_ids` None means all, entity-less acts included."""
    query = AuditEntry.select().order_by(AuditEntry.id.desc()).limit(limit)
    if entity_ids is not None:
        query = query.where(AuditEntry.entity_id.in_(entity_ids))
    if before_id is not None:
        query = query.where(AuditEntry.id < before_id)
    if since is not None:
        query = query.where(AuditEntry.at >= since)
    return list(query)
