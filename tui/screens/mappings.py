"""Mappings: which columns files have, who uses them, and when they changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text

from models import mapping_list
from models.mapping_list import Listed
from models.people import Action
from tui import wording
from tui.kit.areas import Area
from tui.kit.commands import Command
from tui.kit.listing import ListScreen, Tab, Wanted
from tui.mapping_draft import written_words
from tui.screens.mapping import MappingScreen
from tui.screens.mapping_acts import ACTS, MappingActs
from tui.screens.mapping_forms import NewForm
from tui.screens.mapping_import import ImportForm
from tui.widgets.rows import Bounded, Source
from tui.widgets.table import Cells, Column

_NOTHING = """\
No mapping yet: files have the default columns.

Make one:              n   (waybill mapping create NAME)
Take one from a file:  i   (waybill mapping import FILE)"""


class MappingsScreen(MappingActs, ListScreen[Listed]):
    """Mappings by name."""

    NAME = "Mappings"
    TABS = (Tab("all", "mappings", _NOTHING),)
    COLUMNS = (
        Column("name", "MAPPING", 20),
        Column("version", "VER", 5, right=True),
        Column("columns", "COLS", 6, right=True),
        Column("rows", "ROW PER", 9),
        Column("formats", "FILES", 8),
        Column("used", "USED BY", 0),
        Column("entity", "LEGAL ENTITY", 18, at=100),
        Column("changed", "CHANGED UTC", 14),
        Column("by", "BY", 20, at=118),
    )
    ACTS: ClassVar[Sequence[Command]] = (
        Command(
            name="new",
            key="n",
            title="New",
            help="from the default columns or as a copy",
            cli="waybill mapping create",
            action=Action.MANAGE_MAPPINGS,
        ),
        *ACTS,
        Command(
            name="import",
            key="i",
            title="Import",
            help="out of a file: a new one, or a new version of one; shows first what changes",
            cli="waybill mapping import",
            action=Action.MANAGE_MAPPINGS,
        ),
    )

    def source(self, wanted: Wanted) -> Source[Listed]:  # noqa: ARG002 - one list without a filter
        """All of them: some dozens, read whole."""
        actor = self.waybill.actor
        return Bounded(lambda: mapping_list.listed(actor), lambda row: row.id)

    def cells(self, row: Listed) -> Cells:
        """What stands in the columns."""
        return {
            "name": row.name,
            "version": str(row.version),
            "columns": str(len(row.layout.columns)),
            "rows": row.layout.rows,
            "formats": ", ".join(row.formats) or "-",
            "used": ", ".join(sorted({use.schedule for use in row.uses})) or "nothing",
            "entity": row.entity,
            "changed": wording.short_time(row.changed_at),
            "by": row.changed_by,
        }

    def preview(self, row: Listed) -> Text:
        """Its columns, and how they are written."""
        head = f"{row.name}  {row.entity}, version {row.version} by {row.changed_by}"
        columns = ", ".join(column.header or "(no header)" for column in row.layout.columns)
        written = ", ".join(written_words(row.layout.to_dict()))
        text = Text(wording.one_line(head), "bold").append(f"\n{written}", "not bold")
        return text.append(f"\n{wording.one_line(columns)}", "not bold")

    def chosen(self) -> Listed | None:
        """The one under the cursor."""
        return self.current if self.is_mounted else None

    def open(self, row: Listed) -> None:
        """The mapping in full."""
        self.app.push_screen(MappingScreen(row.id, self.neighbour))

    def why_not(self, name: str) -> str:
        """A browser hands over no file."""
        if name == "import" and self.app.is_web:
            return "a browser hands over no file; on the machine itself: waybill mapping import FILE"
        return super().why_not(name)

    def do_new(self) -> None:
        """From the default columns."""
        self.app.push_screen(NewForm(None, self.edit))

    def do_import(self) -> None:
        """Out of a file."""
        self.app.push_screen(ImportForm(self.edit))


AREA = Area(
    noun="mapping",
    digit="7",
    title="Mappings",
    short="Maps",
    help="which columns files have, in which order, and how they are written",
    cli="waybill mapping list",
    screen=MappingsScreen,
    detail=MappingScreen,
)
