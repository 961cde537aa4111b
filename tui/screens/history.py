"""What was done with a thing, as a part of its screen: who, what, from what to what, why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.history import Act
from tui import wording
from tui.kit.detail import Entry, Section
from tui.widgets.table import Column

HISTORY = Section(
    "history",
    "history",
    (
        Column("at", "AT UTC", 13),
        Column("what", "WHAT", 18),
        Column("who", "WHO", 22),
        Column("why", "WHY, OR WHAT CHANGED", 0),
    ),
    "Nothing that you may see: the audit is for Administrators, Accounting review and Support.",
)


def acts(found: Sequence[Act] | None) -> Sequence[Entry]:
    """The acts as rows; none where the audit is not for the reader."""
    return [_entry(act) for act in found or ()]


def _entry(act: Act) -> Entry:
    changed = _changed(act)
    cells = {
        "at": wording.short_time(act.at),
        "what": act.what,
        "who": act.who,
        "why": act.reason or changed,
    }
    by = f"{act.who} ({act.account})" if act.account else act.who
    lines = [f"{wording.both_times(act.at)}: {act.what} by {by}", changed, act.reason]
    return Entry(act.id, cells, "\n".join(wording.one_line(line) for line in lines if line))


def _changed(act: Act) -> str:
    """Each field with what it was and what it is."""
    names = dict.fromkeys((*act.before, *act.after))
    return "; ".join(_field(name, act.before.get(name), act.after.get(name)) for name in names)


def _field(name: str, was: Any, now: Any) -> str:
    shown = name.replace("_", " ")
    if was in (None, "", []):
        return f"{shown} {_plain(now)}"
    return f"{shown} {_plain(was)} → {_plain(now)}"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return "-" if value in (None, "") else str(value)
