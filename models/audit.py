"""Who did what: one row for every act that changed something, written in the act's own transaction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from peewee import BigIntegerField, ModelSelect, TextField

from models import clock, names
from models.database import Table
from models.errors import InvalidInput
from models.fields import JSONField, UTCField
from models.paging import Seek


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
    seen = any(map(str.isprintable, reason.replace(" ", "")))
    if not seen or len(reason) > 1000:
        raise InvalidInput(
            "the reason is empty" if not seen else f"the reason has {len(reason)} characters",
            remedy="say in 1 to 1000 characters why, for whoever reads the audit",
            code="no_reason",
        )
    return reason


def changed(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both sides cut down to the keys whose values differ."""
    keys = [key for key in after if before.get(key) != after[key]]
    return {key: before.get(key) for key in keys}, {key: after[key] for key in keys}


class Sought(NamedTuple):
    """Which acts are meant; what is empty does not matter."""

    who: str = ""
    """A part of the user's e-mail, or of the OS account."""
    what: str = ""
    """The act: `grant`."""
    on: str = ""
    """The kind of thing: `facility`."""
    name: str = ""
    """A part of the thing's name."""
    since: datetime | None = None


def entries(
    *,
    entity_ids: list[int] | None = None,
    before_id: int | None = None,
    sought: Sought | None = None,
    limit: int = 100,
) -> list[AuditEntry]:
    """Newest first; `entity_ids` None means all, entity-less acts included."""
    query = matching(entity_ids, sought).order_by(AuditEntry.id.desc()).limit(limit)
    return list(query if before_id is None else query.where(AuditEntry.id < before_id))


def paged(seek: Seek, *, entity_ids: list[int] | None, sought: Sought | None = None) -> list[AuditEntry]:
    """A page of the same list, by key: the ids."""
    query = matching(entity_ids, sought).limit(seek.limit)
    query = query.order_by(AuditEntry.id.asc() if seek.backwards else AuditEntry.id.desc())
    if seek.key is not None:
        beyond = AuditEntry.id > seek.key if seek.backwards else AuditEntry.id < seek.key
        query = query.where((beyond | (AuditEntry.id == seek.key)) if seek.inclusive else beyond)
    return seek.in_order(list(query))


def matching(entity_ids: list[int] | None, sought: Sought | None = None) -> ModelSelect[AuditEntry]:
    """The acts that concern one of these legal entities (None: all acts) and are meant."""
    query, meant = AuditEntry.select(), sought or Sought()
    if entity_ids is not None:
        query = query.where(AuditEntry.entity_id.in_(entity_ids))
    if meant.who:
        query = query.where(AuditEntry.actor.contains(meant.who) | AuditEntry.os_account.contains(meant.who))
    if meant.what:
        query = query.where(AuditEntry.action == meant.what)
    if meant.on:
        query = query.where(AuditEntry.subject == meant.on)
    if meant.name:
        query = query.where(AuditEntry.subject_name.contains(meant.name))
    return query if meant.since is None else query.where(AuditEntry.at >= meant.since)


_WORD = re.compile(r'(\w+):("[^"]*"|\S*)')


def parse(text: str) -> Sought:
    """`who:anna what:grant on:user name:"ERP north" since:2026-11-01`; raises `InvalidInput`."""
    given = {key: value.strip('"') for key, value in _WORD.findall(text)}
    left = _WORD.sub("", text).strip()
    unknown = left or next((key for key in given if key not in Sought._fields), "")
    if unknown:
        raise InvalidInput(
            f"{names.shown(unknown)} says nothing about an act",
            remedy="give words such as who:anna what:grant on:user name:ERP since:2026-11-01",
            code="invalid_filter",
        )
    since = given.pop("since", "")
    return Sought(**given, since=_day(since) if since else None)


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidInput(
            f"{names.shown(text)} is no day",
            remedy="give one such as since:2026-11-01",
            code="invalid_filter",
        ) from error
