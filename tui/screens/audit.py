"""The audit: who did what, when, to what and why; a page of Admin."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import ClassVar, NamedTuple

from rich.text import Text

from models import audit, clock, entities
from models.audit import Actor, AuditEntry, Sought
from models.paging import Seek
from models.people import Action, audited_entities
from tui import audit_text, wording
from tui.kit.areas import Area
from tui.kit.commands import Command
from tui.kit.listing import Tab, Wanted
from tui.screens.act import ActScreen
from tui.screens.admin import ADMIN, AdminPage
from tui.widgets.cells import cell
from tui.widgets.filter_line import FilterKey, FilterWords
from tui.widgets.rows import Source
from tui.widgets.table import Cells, Column

EXPORT = Command(
    name="export",
    key="x",
    title="Export",
    help="the acts that match, as a file of a JSON document a line",
    cli="waybill audit list",
    action=Action.SEE_AUDIT,
)
MOST = 100_000
"""Acts in one exported file."""
_DEEDS = ("create", "edit", "delete", "enable", "disable", "activate", "deactivate", "grant", "withdraw")
_THINGS = ("user", "entity", "facility", "schedule", "mapping", "party", "credential", "secret", "settings")


class ActRow(NamedTuple):
    """One act."""

    id: int
    at: datetime
    who: str
    account: str
    what: str
    name: str
    entity: str
    change: str
    why: str


class Acts(Source[ActRow]):
    """Those that the actor may read and that are meant, the latest first."""

    def __init__(self, actor: Actor, sought: Sought | None) -> None:
        self._actor = actor
        self._sought = sought

    def page(self, seek: Seek) -> Sequence[ActRow]:
        """The rows wanted."""
        known = {entity.id: entity.name for entity in entities.visible(self._actor)}
        found = audit.paged(seek, entity_ids=audited_entities(self._actor, None), sought=self._sought)
        return [_row(entry, known) for entry in found]

    def total(self) -> int:
        """How many there are."""
        return audit.matching(audited_entities(self._actor, None), self._sought).count()

    def key(self, row: ActRow) -> int:
        """Its number, which they are ordered by."""
        return row.id


class AuditScreen(AdminPage[ActRow]):
    """Acts, the latest first."""

    NAME = "Admin"
    PAGE = "audit"
    TABS = (Tab("all", "audit", "Nothing was changed yet, in what you may see."),)
    COLUMNS = (
        Column("at", "AT UTC", 14),
        Column("who", "WHO", 22),
        Column("what", "ACT", 20),
        Column("name", "ON", 0),
        Column("entity", "LEGAL ENTITY", 18, at=110),
        Column("why", "WHY", 30, at=130),
    )
    FILTER = FilterWords(
        keys=[
            FilterKey(name="who", help="a part of the e-mail or OS account"),
            FilterKey(
                name="what", help="the act: grant", values=["create", "edit", "delete", "grant", "withdraw"]
            ),
            FilterKey(
                name="on", help="a kind of thing", values=["user", "entity", "facility", "schedule", "job"]
            ),
            FilterKey(name="name", help="a part of its name"),
            FilterKey(name="since", help="a day: 2026-11-01"),
        ],
        parse=audit.parse,
        example="who:anna on:user since:2026-11-01",
    )
    ACTS: ClassVar[Sequence[Command]] = (EXPORT,)

    def source(self, wanted: Wanted) -> Source[ActRow]:
        """The acts meant."""
        return Acts(self.waybill.actor, wanted.filter)

    def cells(self, row: ActRow) -> Cells:
        """What stands in the columns."""
        return {
            "at": wording.short_time(row.at),
            "who": row.who,
            "what": row.what,
            "name": row.name or row.change,
            "entity": row.entity,
            "why": row.why,
        }

    def preview(self, row: ActRow) -> Text:
        """What changed, and why."""
        account = f" ({row.account})" if row.account else ""
        text = cell(f"{row.who}{account}: {row.what} {row.name}", self.size.width - 2, "bold")
        if row.change:
            text.append(f"\n{wording.one_line(row.change)}", "not bold")
        return text.append(f"\nWhy: {wording.one_line(row.why)}" if row.why else "", "not bold")

    def open(self, row: ActRow) -> None:
        """The act in full."""
        self.app.push_screen(ActScreen(row.id, self.neighbour))

    def do_export(self) -> None:
        """Read all that match, and write or hand over the file."""
        actor, sought = self.waybill.actor, self.wanted.filter
        folder = None if self.app.is_web else self.waybill.settings.home

        def read() -> tuple[str, Path | None]:
            allowed = audited_entities(actor, None)
            text = "".join(map(_line, audit.entries(entity_ids=allowed, sought=sought, limit=MOST)))
            return text, None if folder is None else _written(folder, text)

        self.ask(read, self._exported, group="export")

    def _exported(self, made: tuple[str, Path | None]) -> None:
        text, path = made
        if path is None:
            self.app.deliver_text(StringIO(text), save_filename=_file_name())
        number = wording.counted(text.count("\n"), "act")
        self.notify(f"{number} written to {path or 'a file that your browser takes'}", markup=False)


AREA = Area(
    noun="audit",
    title="Audit",
    help="who did what, when, to what and why",
    cli="waybill audit list",
    screen=AuditScreen,
    page_of=ADMIN,
    detail=lambda which: ActScreen(int(which) if which.isdecimal() else 0),
)


def _row(entry: AuditEntry, known: dict[int, str]) -> ActRow:
    return ActRow(
        id=entry.id,
        at=entry.at,
        who=entry.actor,
        account=entry.os_account,
        what=audit_text.act(entry),
        name=entry.subject_name,
        entity=known.get(entry.entity_id or 0, ""),
        change=audit_text.change_line(entry.before or {}, entry.after or {}),
        why=entry.reason,
    )


def _line(entry: AuditEntry) -> str:
    item = audit_text.as_item(entry)
    at = entry.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps(item | {"at": at}, ensure_ascii=False) + "\n"


def _file_name() -> str:
    return f"audit-{clock.now():%Y%m%d-%H%M%S}.jsonl"


def _written(folder: Path, text: str) -> Path:
    """A new file that nobody else can read; raises `FileExistsError` within the same second."""
    path = folder / _file_name()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return path
