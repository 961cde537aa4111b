"""A table of one page of rows: it never holds more, and asks for the next page at its edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import DataTable


class Column(NamedTuple):
    """One column; width in cells, the space to its neighbour included."""

    key: str
    title: str
    width: int


class Row(NamedTuple):
    """One row; `key` is unique within the page."""

    key: str
    cells: tuple[Text, ...]


class PagedTable(DataTable[Text], inherit_bindings=False):
    """One page of rows, moved through by keys; the cursor stays on its row when others come and go."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "Open", key_display="enter", tooltip="the row under the cursor"),
        Binding("up,k", "cursor_up", "Up", show=False),
        Binding("down,j", "cursor_down", "Down; at the end: the next page", show=False),
        Binding("pageup", "page_up", "A screenful up", show=False),
        Binding("pagedown", "page_down", "A screenful down", show=False),
        Binding("home,g", "scroll_top", "First row", show=False),
        Binding("end,G", "scroll_bottom", "Last row", show=False),
    ]

    class Edge(Message):
        """The cursor would leave the page."""

        def __init__(self, *, forward: bool) -> None:
            super().__init__()
            self.forward = forward

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, cursor_type="row", cell_padding=0)
        self._layout_now: tuple[Column, ...] = ()
        self._shown: tuple[Row, ...] = ()

    @property
    def key(self) -> str | None:
        """The key of the row under the cursor; None of an empty page."""
        return self._shown[self.cursor_row].key if 0 <= self.cursor_row < len(self._shown) else None

    @property
    def keys(self) -> list[str]:
        """The keys of the page, in order."""
        return [row.key for row in self._shown]

    def show_page(self, columns: Sequence[Column], rows: Sequence[Row], *, at: int | None = None) -> None:
        """Show a page; `at` puts the cursor, which else stays with its row or, that gone, at its place."""
        here, place = self.key, self.cursor_row
        with self.app.batch_update():
            if tuple(columns) != self._layout_now:
                self._lay_out(tuple(columns))
            if [row.key for row in rows] == self.keys:
                self._change(rows)
            else:
                self._fill(rows)
                keys = self.keys
                kept = keys.index(here) if here in keys else min(place, len(keys) - 1)
                self.move_cursor(row=max(kept, 0))
            if at is not None:
                self.move_cursor(row=max(0, min(at, len(rows) - 1)))

    def action_cursor_down(self) -> None:
        """One row down, or the next page."""
        if self.cursor_row >= self.row_count - 1:
            self.post_message(self.Edge(forward=True))
        else:
            super().action_cursor_down()

    def action_cursor_up(self) -> None:
        """One row up, or the page before."""
        if self.cursor_row <= 0:
            self.post_message(self.Edge(forward=False))
        else:
            super().action_cursor_up()

    def action_page_down(self) -> None:
        """A screenful down, or the next page."""
        if self.cursor_row >= self.row_count - 1:
            self.post_message(self.Edge(forward=True))
        else:
            super().action_page_down()

    def action_page_up(self) -> None:
        """A screenful up, or the page before."""
        if self.cursor_row <= 0:
            self.post_message(self.Edge(forward=False))
        else:
            super().action_page_up()

    def _lay_out(self, columns: tuple[Column, ...]) -> None:
        self.clear(columns=True)
        self._shown, self._layout_now = (), columns
        for column in columns:
            self.add_column(column.title, width=column.width, key=column.key)

    def _fill(self, rows: Sequence[Row]) -> None:
        self.clear()
        for row in rows:
            self.add_row(*row.cells, key=row.key)
        self._shown = tuple(rows)

    def _change(self, rows: Sequence[Row]) -> None:
        for row, before in zip(rows, self._shown, strict=True):
            for column, now, was in zip(self._layout_now, row.cells, before.cells, strict=True):
                if now != was:
                    self.update_cell(row.key, column.key, now)
        self._shown = tuple(rows)


def widths(total: int, columns: Sequence[Column]) -> list[Column]:
    """The columns with the one of width 0 as wide as the rest leaves it."""
    used = sum(column.width for column in columns) + 1  # the scroll bar's own
    return [
        column._replace(width=max(total - used, 8)) if column.width == 0 else column for column in columns
    ]
