"""A table of any length: it holds some hundred rows of a million and draws those in sight, line by line."""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Sequence
from typing import ClassVar, Generic, TypeVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from models.paging import PAGE
from tui.widgets.table.columns import Cells, Column, plain_line, row_line, title_line
from tui.widgets.table.widths import Widths
from tui.widgets.window import Part, Window

R = TypeVar("R")


class VirtualTable(Widget, Generic[R], can_focus=True):
    """Rows of a `Source`, with a cursor (`>`) and marks (`*`) that read without colour."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", key_display="enter", tooltip="the row under the cursor"),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "leap(-1)", "A screenful up", show=False),
        Binding("pagedown", "leap(1)", "A screenful down", show=False),
        Binding("home,g", "first", "First row", show=False),
        Binding("end,G", "last", "Last row", show=False),
    ]

    class Asked(Message):
        """Rows are wanted that are not held; the screen reads them and calls `answer`."""

        def __init__(self, part: Part) -> None:
            super().__init__()
            self.part = part

    class Moved(Message):
        """Another row is under the cursor, or it changed."""

    class Opened(Message):
        """Enter was pressed on a row."""

        def __init__(self, key: Hashable) -> None:
            super().__init__()
            self.key = key

    def __init__(
        self,
        columns: Sequence[Column],
        cells: Callable[[R], Cells],
        key: Callable[[R], Hashable],
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
    ) -> None:
        super().__init__(id=id)
        self._widths = Widths(columns)
        self._cells = cells
        self._key = key
        self._window: Window[R] = Window(key)
        self._position = 0
        self._top = 0
        """Position of the first row in sight; Textual's own scrolling would lay the screen out anew."""
        self._marked: Container[Hashable] = frozenset()
        self._asking: Part | None = None
        self._target: int | None = None
        self._anew = False
        """Whether what stands there is of another list, so that every line is to be drawn."""

    # What is shown

    @property
    def current(self) -> R | None:
        """The row under the cursor."""
        return self._window.row(self._position)

    @property
    def key(self) -> Hashable | None:
        """Its key."""
        row = self.current
        return None if row is None else self._key(row)

    @property
    def keys(self) -> list[Hashable]:
        """The keys of the rows that are held, in order."""
        return [self._key(row) for row in self._window.rows]

    @property
    def rows(self) -> Sequence[R]:
        """The rows that are held."""
        return self._window.rows

    @property
    def place(self) -> tuple[int, int]:
        """The cursor's position, from 1, and how many rows there are."""
        return (self._position + 1 if self._window.rows else 0, self._window.total)

    @property
    def asking(self) -> bool:
        """Whether it waits for rows that it asked for."""
        return self._asking is not None

    def release(self) -> None:
        """What it asked for does not come."""
        self._asking = self._target = None

    @property
    def window(self) -> Window[R]:
        """What is held, for whoever reads it anew."""
        return self._window

    def lay_out(self, columns: Sequence[Column], cells: Callable[[R], Cells]) -> None:
        """Show other rows from now on; what is held is forgotten."""
        self._widths, self._cells = Widths(columns), cells
        self.forget()

    def forget(self) -> None:
        """Hold nothing: another list comes."""
        self._window = Window(self._key)
        self._widths.forget()
        self._position, self._top, self._asking, self._target = 0, 0, None, None
        self._anew = True

    def mark(self, marked: Container[Hashable]) -> None:
        """Show marks on the rows of these keys; redraws only rows whose mark changed."""
        before, self._marked = self._marked, marked
        for place, row in enumerate(self._window.rows):
            key = self._key(row)
            if (key in before) != (key in marked):
                self._redraw(self._window.start + place)

    # Rows come

    def answer(self, part: Part, rows: Sequence[R], limit: int = PAGE) -> None:
        """Take rows that were asked for, and redraw what differs from what stands there."""
        window, seen, here = self._window, self._in_sight(), self.key
        offset = self._position - self._top
        window.take(part, rows, limit)
        self._asking = None
        if part is Part.LAST:
            self._target = window.total - 1
        if part in (Part.AGAIN, Part.PREVIOUS) and here is not None:
            kept = window.position(here)
            self._position = kept if kept is not None else self._position
        elif part is Part.FIRST:
            self._position = 0
        if self._target is not None and window.row(self._target) is not None:
            self._position, self._target = self._target, None
        self._settle(offset, seen, follow=part is not Part.NEXT)

    def count(self, total: int) -> None:
        """Take how long the whole list is."""
        window = self._window
        begin, seen, offset = window.start, self._in_sight(), self._position - self._top
        window.count(total)
        self._position += window.start - begin
        self._settle(offset, seen, follow=window.start != begin)

    def _settle(self, offset: int, seen: list[tuple[bool, R | None]], *, follow: bool) -> None:
        """Keep the cursor within the list and in sight, and redraw the lines that differ."""
        total = self._window.total
        self._position = max(0, min(self._position, total - 1))
        top = self._top
        if follow and not (top == 0 and self._position < self._page):
            top = self._position - offset
        self._scroll(top)
        if self._anew:
            self._anew = False
            self.refresh()
        for line, (before, now) in enumerate(zip(seen, self._in_sight(), strict=False)):
            if before != now:
                self.refresh(Region(0, line + 1, self.size.width, 1))
        self._measure()
        self.post_message(self.Moved())

    def _measure(self) -> None:
        """Share the width out by what is in sight; every line is drawn anew when that changes."""
        before = self._widths.fitted(self.size.width)
        for _, row in self._in_sight():
            if row is not None:
                self._widths.see(self._cells(row))
        if self._widths.fitted(self.size.width) != before:
            self.refresh()

    def _in_sight(self) -> list[tuple[bool, R | None]]:
        top = self._top
        return [
            (position == self._position, self._window.row(position))
            for position in range(top, top + self._page)
        ]

    # Moving about

    @property
    def _page(self) -> int:
        return max(1, self.size.height - 1)

    def action_move(self, by: int) -> None:
        """Rows down, or up."""
        self.go(self._position + by)

    def action_leap(self, by: int) -> None:
        """A screenful down, or up."""
        self.go(self._position + by * max(1, self._page - 1))

    def action_first(self) -> None:
        """The first row of all."""
        self.go(0) if self._window.start == 0 else self._ask(Part.FIRST)

    def action_last(self) -> None:
        """The last row of all."""
        self.go(self._window.end - 1) if self._window.at_end else self._ask(Part.LAST)

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if (key := self.key) is not None:
            self.post_message(self.Opened(key))

    def go(self, position: int) -> None:
        """Put the cursor on a position; rows that are not held are asked for, and it waits for them."""
        window = self._window
        wanted = max(0, min(position, window.total - 1))
        reached = max(window.start, min(wanted, window.end - 1))
        if wanted != reached:
            self._target = wanted
        self._put(reached)
        ahead = max(self._page, window.ahead)
        if reached >= window.end - ahead and not window.at_end:
            self._ask(Part.NEXT)
        elif reached < window.start + ahead and window.start:
            self._ask(Part.PREVIOUS)

    def _ask(self, part: Part) -> None:
        if self._asking is None:
            self._asking = part
            self.post_message(self.Asked(part))

    def _put(self, position: int) -> None:
        if position == self._position:
            return
        before, self._position = self._position, position
        top = self._top
        if position < top:
            self._scroll(position)
        elif position >= top + self._page:
            self._scroll(position - self._page + 1)
        self._redraw(before)
        self._redraw(position)
        self.post_message(self.Moved())

    def _scroll(self, top: int) -> None:
        top = max(0, min(top, self._window.total - self._page))
        if top != self._top:
            self._top = top
            self._measure()
            self.refresh()

    def _redraw(self, position: int) -> None:
        line = position - self._top + 1
        if 0 < line < self.size.height:
            self.refresh(Region(0, line, self.size.width, 1))

    def on_resize(self) -> None:
        """Other columns fit, and the cursor stays in sight."""
        top = self._top
        if not top <= self._position < top + self._page:
            self._scroll(self._position - self._page + 1)
        self._measure()
        self.refresh()

    # Drawing

    def render_line(self, y: int) -> Strip:
        """The titles, then the rows in sight."""
        width = self.size.width
        if y == 0:
            return title_line(self._widths.fitted(width), width, self.rich_style)
        position = self._top + y - 1
        row = self._window.row(position)
        if row is None:
            waits = position < self._window.total
            return plain_line("  …" if waits else "", width, self.rich_style)
        return self._line(row, width, here=position == self._position)

    def _line(self, row: R, width: int, *, here: bool) -> Strip:
        base = self.rich_style + (Style(reverse=True) if here and self.has_focus else Style())
        signs = f"{'>' if here else ' '}{'*' if self._key(row) in self._marked else ' '}"
        # Reversed, a colour is a patch in the bar.
        return row_line(self._widths.fitted(width), self._cells(row), signs, width, base, colours=not here)
