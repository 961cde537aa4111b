"""One act of the audit in full: who, by which account, when, why, and every field before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from rich.text import Text

from models import audit
from models.audit import Actor, AuditEntry
from models.errors import NotFound
from models.people import audited_entities
from tui import audit_text, wording
from tui.kit.detail import DetailScreen, Entry, Neighbour, Section
from tui.widgets.table import Column


class ActScreen(DetailScreen[AuditEntry]):
    """One act."""

    SECTIONS = (
        Section(
            "changes",
            "changed",
            (Column("field", "FIELD", 22), Column("before", "BEFORE", 26), Column("after", "AFTER", 0)),
            "It changed no field, or none that is kept here.",
        ),
    )

    def __init__(self, which: int, neighbour: Neighbour | None = None) -> None:
        super().__init__(which, neighbour)

    def crumb(self) -> str:
        """Its number."""
        return f"act {self.which}"

    def reader(self) -> Callable[[], AuditEntry]:
        """The act, within what the actor may read."""
        return partial(_find, self.waybill.actor, self.which)

    def summary(self, data: AuditEntry) -> Iterable[tuple[str, Text]]:
        """Who did what, when and why."""
        account = f" ({data.os_account})" if data.os_account else ""
        yield "Who", Text(wording.one_line(f"{data.actor}{account}"), "bold")
        what = f"{audit_text.act(data)} {data.subject_name}"
        yield "What", Text(wording.one_line(what))
        yield "When", Text(wording.both_times(data.at))
        yield "Why", Text(wording.one_line(data.reason) or "no reason is asked for such an act")

    def entries(self, section: str, data: AuditEntry) -> Sequence[Entry]:  # noqa: ARG002 - there is one
        """The fields."""
        before, after = data.before or {}, data.after or {}
        return [
            Entry(key, {"field": key, "before": was, "after": is_}, _full(key, before, after))
            for key, was, is_ in audit_text.changes(before, after)
        ]


def _full(key: str, before: dict[str, object], after: dict[str, object]) -> str:
    return f"{key}\nbefore  {before.get(key, '-')}\nafter   {after.get(key, '-')}"


def _find(actor: Actor, act_id: int) -> AuditEntry:
    allowed = audited_entities(actor, None)
    found: AuditEntry | None = audit.matching(allowed).where(AuditEntry.id == act_id).get_or_none()
    if found is None:
        raise NotFound(f"there is no act {act_id} that you may see", remedy="see: waybill audit list")
    return found
