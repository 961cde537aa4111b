"""What an import did not take: where each stands, what is wrong with it, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from rich.text import Text

from tui import wording
from tui.kit.listing import ListScreen, Tab, Wanted
from tui.kit.reader import ReaderScreen
from tui.widgets.rows import Bounded, Source
from tui.widgets.table import Cells, Column


class Refused(NamedTuple):
    """One document, or a whole file, that was not taken."""

    number: int
    path: str
    place: str
    """Where in the file: `line 7`, a path into the XML, or nothing."""
    message: str
    remedy: str


class Imported(NamedTuple):
    """What came of an import."""

    said: str
    refused: tuple[Refused, ...]


class RefusedScreen(ListScreen[Refused]):
    """The refusals in the order in which they were met."""

    NAME = "refused"
    TABS = (Tab("all", "refused", "Nothing was refused."),)
    COLUMNS = (
        Column("file", "FILE", 20),
        Column("place", "WHERE", 12),
        Column("what", "WHAT IS WRONG", 0),
    )

    def __init__(self, imported: Imported) -> None:
        super().__init__()
        self._imported = imported

    def about(self, tab: Tab) -> str:  # noqa: ARG002 - there is one list
        """What became of the others."""
        return self._imported.said

    def source(self, wanted: Wanted) -> Source[Refused]:  # noqa: ARG002 - there is one list
        """As they were told; they are kept nowhere else."""
        refused = self._imported.refused
        return Bounded(lambda: refused, lambda row: row.number)

    def cells(self, row: Refused) -> Cells:
        """What stands in the columns."""
        return {"file": Path(row.path).name, "place": row.place, "what": row.message}

    def preview(self, row: Refused) -> Text:
        """All of it, with what to do."""
        where = " ".join(filter(None, (row.path, row.place)))
        text = Text(wording.one_line(where), "bold").append(f"\n{wording.one_line(row.message)}", "not bold")
        return text.append("\nTo do: ", "bold").append(wording.one_line(row.remedy), "not bold")

    def open(self, row: Refused) -> None:
        """To be read whole, however long."""
        text = f"{row.path}\n{row.place}\n\n{row.message}\n\nTo do: {row.remedy}"
        self.app.push_screen(ReaderScreen(f"refused {row.number}", text))
