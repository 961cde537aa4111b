"""Batch files: what was written, for whom, with which totals, and whether it left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text

from models import file_list
from models.audit import Actor
from models.deliveries import DeliveryState
from models.file_list import Written
from models.paging import Seek
from models.repairs import repeat
from tui import wording
from tui.kit.areas import Area
from tui.kit.commands import Command
from tui.kit.listing import ListScreen, Selection, Tab, Wanted
from tui.screens.file import FileScreen
from tui.screens.repeat import REPEAT, repeat_screen
from tui.widgets.cells import cell, state_style
from tui.widgets.rows import Source
from tui.widgets.table import Cell, Cells, Column


class Files(Source[Written]):
    """All of them, the latest first."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    def page(self, seek: Seek) -> Sequence[Written]:
        """The rows wanted."""
        return file_list.files(self._actor, seek)

    def total(self) -> int:
        """How many there are."""
        return file_list.count_files(self._actor)

    def key(self, row: Written) -> int:
        """A file's number, which they are ordered by."""
        return row.id


class FilesScreen(ListScreen[Written]):
    """Files, the latest first."""

    NAME = "Files"
    TABS = (Tab("all", "all", "No file yet. Jobs write them: 2 Jobs, 3 Schedules"),)
    COLUMNS = (
        Column("id", "ID", 8),
        Column("sent", "SENT", 13),
        Column("made", "WRITTEN UTC", 13),
        Column("facility", "FACILITY", 18, at=100),
        Column("name", "FILE", 34),
        Column("items", "ITEMS", 8, right=True),
        Column("totals", "TOTALS", 0),
    )
    MARKING = True
    ACTS: ClassVar[Sequence[Command]] = (REPEAT,)

    def source(self, wanted: Wanted) -> Source[Written]:  # noqa: ARG002 - there is one list
        """The files."""
        return Files(self.waybill.actor)

    def cells(self, row: Written) -> Cells:
        """What stands in the columns."""
        state = row.sent or row.state
        return {
            "id": str(row.id),
            "sent": Cell(wording.state_text(state), state_style(state)),
            "made": wording.short_time(row.created_at),
            "facility": row.facility,
            "name": row.name,
            "items": f"{row.items:,}",
            "totals": _totals(row),
        }

    def preview(self, row: Written) -> Text:
        """Whose it is, how large, its hash."""
        head = f"File {row.id}  {row.name}, job {row.job_id}, {row.facility}, {row.entity}"
        text = cell(head, self.size.width - 2, "bold")
        text.append(f"\n{row.format}, {wording.counted(row.items, 'item')}, {_totals(row)}", "not bold")
        return text.append(f"\nsha256 {row.sha256 or 'not yet'}", "not bold")

    def open(self, row: Written) -> None:
        """The file in full."""
        self.app.push_screen(FileScreen(row.id, self.neighbour))

    def why_not(self, name: str) -> str:  # noqa: ARG002 - there is one act
        """Only what has left can be repeated; a plan says that of marked ones."""
        row = self.current
        if self.marks:
            return ""
        if row is None:
            return "there is no file here"
        left = row.sent in (DeliveryState.DELIVERED, DeliveryState.CONFIRMED)
        return "" if left else f"file {row.id} has not left"

    def do_repeat(self) -> None:
        """Plan for the marked files, or the one under the cursor."""
        chosen = self.selection()
        what = wording.counted(chosen.number, "file")
        self.app.push_screen(
            repeat_screen(self.waybill, what, _finder(self.waybill.actor, chosen)), self._done
        )

    def _done(self, result: object) -> None:
        if result is not None:
            self.unmark()
        self.load()


def _finder(actor: Actor, chosen: Selection[Written]) -> Callable[[], Sequence[int]]:
    """What finds the chosen files' ids; of all of them one more than a plan takes, so that it refuses."""
    if not chosen.everything:
        return lambda: [int(str(key)) for key in chosen.keys]
    seek = Seek(limit=repeat.LIMIT + len(chosen.keys) + 1)
    return lambda: [row.id for row in file_list.files(actor, seek) if row.id not in chosen.keys]


def _totals(row: Written) -> str:
    return ", ".join(f"{currency} {amount}" for currency, amount in row.totals) or "-"


AREA = Area(
    noun="file",
    title="Files",
    page_of="job",
    help="what was written, in which bytes, and whether it left",
    cli="waybill file list",
    screen=FilesScreen,
    detail=lambda which: FileScreen(int(which) if which.isdecimal() else 0),
)
