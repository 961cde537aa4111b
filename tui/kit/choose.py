"""One of several, by arrow keys and enter; nothing changes by choosing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from tui.kit.live import Degrading
from tui.widgets.table import Cells, Column, VirtualTable
from tui.widgets.window import Part


class ChooseScreen(Degrading, ModalScreen[int | None]):
    """Dismisses with the id of the one chosen; None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Leave", show=False)]

    def __init__(self, title: str, choices: Sequence[tuple[int, str]], current: int | None) -> None:
        super().__init__()
        self._title = title
        self._choices = choices
        self._current = current

    def compose(self) -> ComposeResult:
        """A table of names, as high as there are, within the screen."""
        with Vertical(id="box") as box:
            box.border_title = self._title
            box.border_subtitle = "↑ ↓ move · enter choose · esc leave"
            yield VirtualTable([Column("name", self._title.upper(), 0)], _cells, _key, id="table")

    def on_mount(self) -> None:
        """Rest on the present one."""
        table: VirtualTable[tuple[int, str]] = self.query_one(VirtualTable)
        table.styles.height = min(len(self._choices) + 1, max(3, self.app.size.height - 6))
        table.answer(Part.FIRST, self._choices, len(self._choices) + 1)
        table.count(len(self._choices))
        table.focus()
        ids = [each for each, _ in self._choices]
        if self._current in ids:
            self.call_after_refresh(table.go, ids.index(self._current))

    def on_resize(self) -> None:
        """One line where there is no room."""
        self.fit()

    def on_virtual_table_opened(self, message: VirtualTable.Opened) -> None:
        """Enter."""
        chosen = message.key
        self.dismiss(chosen if isinstance(chosen, int) else None)


def _cells(row: tuple[int, str]) -> Cells:
    return {"name": row[1]}


def _key(row: tuple[int, str]) -> int:
    return row[0]
