"""How an act of the audit is told: what changed from what to what, and the whole of it as JSON."""

from __future__ import annotations

from typing import Any

from models.audit import AuditEntry

_NOTHING: tuple[object, ...] = (None, "", [], {})


def act(entry: AuditEntry) -> str:
    """What was done, in words: `add bank account party`."""
    return f"{entry.action} {entry.subject}".replace("_", " ").strip()


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Each field that says something, what it was and what it is."""
    return [
        (key, short(before.get(key)), short(after.get(key)))
        for key, value in (before | after).items()
        if key in before or value not in _NOTHING
    ]


def change_line(before: dict[str, Any], after: dict[str, Any]) -> str:
    """The same in one line: `active: yes → no`."""
    return "; ".join(
        f"{key}: {was} → {is_}" if key in before else f"{key}: {is_}"
        for key, was, is_ in changes(before, after)
    )


def short(value: object) -> str:
    """A value for people, not endless."""
    if value in _NOTHING:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def as_item(entry: AuditEntry) -> dict[str, Any]:
    """All of it, for JSON."""
    return {
        "id": entry.id,
        "at": entry.at,
        "actor": entry.actor,
        "os_account": entry.os_account,
        "action": entry.action,
        "subject": entry.subject,
        "subject_id": entry.subject_id,
        "name": entry.subject_name,
        "entity_id": entry.entity_id,
        "before": entry.before,
        "after": entry.after,
        "reason": entry.reason,
    }
