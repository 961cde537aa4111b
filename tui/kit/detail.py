"""One thing in full: what matters first as text, then a part of it at a time as a table, its row in words."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from models.paging import Seek
from tui.kit.live import LiveScreen, key
from tui.kit.reader import ReaderScreen
from tui.widgets.cells import fields
from tui.widgets.lines import Banner, HeadLine, KeyLine, TabLine
from tui.widgets.rows import Bounded, Source
from tui.widgets.table import Cells, Column, VirtualTable
from tui.widgets.window import Part

D = TypeVar("D")

Neighbour = Callable[[Any, int], Callable[[], Any]]
"""Given a row's key and +1 or -1: what finds, in a thread, the row next to it (`ListScreen.neighbour`)."""


class Section(NamedTuple):
    """One part of the thing."""

    key: str
    title: str
    columns: Sequence[Column]
    nothing: str
    """What stands there when it has no row."""


class Entry(NamedTuple):
    """One row of a section, and all of it as text."""

    key: Hashable
    cells: Cells
    full: str


class DetailScreen(LiveScreen, Generic[D]):
    """Give it `SECTIONS`, `reader`, `summary`, `entries` and the words of the first column of the summary."""

    SECTIONS: ClassVar[Sequence[Section]]
    LABEL_WIDTH: ClassVar[int] = 7

    BINDINGS: ClassVar[list[BindingType]] = [
        key("right,tab", "turn(1)", "Part", "the next part of it", shown="→"),
        key("left,shift+tab", "turn(-1)", "Part before"),
        key("right_square_bracket", "neighbour(1)", "Next", "the next one of the list", shown="]"),
        key("left_square_bracket", "neighbour(-1)", "One before"),
        key("escape,backspace", "back", "Back", shown="esc"),
    ]

    def __init__(self, which: Any, neighbour: Neighbour | None = None) -> None:
        super().__init__()
        self.which = which
        """What the thing is known by; neighbours have another."""
        self.data: D | None = None
        self._neighbour = neighbour
        self._section: str | None = None
        self._shown: Source[Entry] | None = None

    # To be said by each screen

    def reader(self) -> Callable[[], D]:
        """What reads the thing `which`, in a thread."""
        raise NotImplementedError

    def summary(self, data: D) -> Iterable[tuple[str, Text]]:
        """What matters first, as names and texts."""
        raise NotImplementedError

    def entries(self, section: str, data: D) -> Sequence[Entry] | Source[Entry]:
        """The rows of a part: those that were read with the thing, or what reads more of them in threads."""
        raise NotImplementedError

    def numbers(self, data: D) -> Mapping[str, int]:
        """How many rows the parts have, where that is known."""
        return {
            section.key: len(rows)
            for section in self.SECTIONS
            if not isinstance(rows := self.entries(section.key, data), Source)
        }

    def first_section(self, data: D) -> str:  # noqa: ARG002 - for screens to answer
        """The part that is shown before one is chosen."""
        return self.SECTIONS[0].key

    def nothing(self, section: str, data: D) -> str:  # noqa: ARG002 - for screens to answer
        """What stands in a part that has no row."""
        return next(each.nothing for each in self.SECTIONS if each.key == section)

    def key_of(self, row: Any) -> Any:
        """What a neighbour that was found is known by."""
        return row.id

    # Made from it

    @property
    def section(self) -> Section:
        """The part that is shown."""
        chosen = self._section or (self.first_section(self.data) if self.data is not None else None)
        return next((each for each in self.SECTIONS if each.key == chosen), self.SECTIONS[0])

    @property
    def table(self) -> VirtualTable[Entry]:
        """The table."""
        return self.query_one(VirtualTable)

    def compose(self) -> ComposeResult:
        """Head, trouble, summary, the parts as tabs, one of them, its row in words, keys."""
        yield HeadLine(id="head")
        yield Banner(id="banner")
        yield Static(id="summary")
        yield TabLine(id="tabs")
        yield VirtualTable(self.section.columns, _cells, _key, id="table")
        yield Static(id="empty")
        yield Static(id="preview")
        yield KeyLine(id="keys")

    def load(self) -> None:
        """Read the thing, and the rows in sight."""
        self.ask(self.reader(), self._show)

    def _show(self, data: D) -> None:
        first, self.data = self.data is None, data
        self.query_one("#summary", Static).update(fields(self.summary(data), width=self.LABEL_WIDTH))
        if first:
            self.table.lay_out(self.section.columns, _cells)
        self._read(Part.AGAIN)
        self.head()

    def _read(self, part: Part) -> None:
        if self.data is None:
            return
        rows = self.entries(self.section.key, self.data)
        seek, section = self.table.window.seek(part), self.section.key
        if isinstance(rows, Source):
            source = rows
            self.ask(
                lambda: source.page(seek), lambda found: self._put(section, part, found, seek), group="rows"
            )
        else:
            kept = Bounded(lambda: rows, _key)
            self._put(section, part, kept.page(seek), seek)

    def _put(self, section: str, part: Part, rows: Sequence[Entry], seek: Seek) -> None:
        if section != self.section.key or self.data is None:
            return
        self.table.answer(part, rows, seek.limit)
        numbers = self.numbers(self.data)
        if (number := numbers.get(section)) is not None:
            self.table.count(number)
        some, empty = bool(self.table.rows), self.query_one("#empty", Static)
        self.table.display, empty.display = some, not some
        self.set_focus(self.table if some else None)
        if not some:
            empty.update(Text(self.nothing(section, self.data)))
        tabs = [(each.title, numbers.get(each.key), each.key == section) for each in self.SECTIONS]
        self.query_one(TabLine).set(tabs)

    def on_virtual_table_asked(self, message: VirtualTable.Asked) -> None:
        """The table wants rows that it does not hold."""
        self._read(message.part)

    def on_virtual_table_moved(self) -> None:
        """Say in full what is under the cursor."""
        row, preview = self.table.current, self.query_one("#preview", Static)
        lines = row.full.splitlines()[:4] if row is not None else []
        preview.update(Text("\n".join(lines)), layout=False)

    def on_virtual_table_opened(self) -> None:
        """Open the row as text: a traceback, a long reason, a whole hash."""
        if (row := self.table.current) is not None:
            self.open(row)

    def open(self, entry: Entry) -> None:
        """Enter was pressed on a row."""
        self.app.push_screen(ReaderScreen(f"{self.crumb()}, {self.section.title}", entry.full))

    # Keys

    def action_turn(self, by: int) -> None:
        """Another part."""
        keys = [section.key for section in self.SECTIONS]
        self.show_section(keys[(keys.index(self.section.key) + by) % len(keys)])

    def show_section(self, key: str) -> None:
        """The part of this key."""
        self._section = key
        self.table.lay_out(self.section.columns, _cells)
        self._read(Part.FIRST)

    def action_neighbour(self, by: int) -> None:
        """The next or the previous one of the list that this one was opened from."""
        if self._neighbour is None:
            self.notify("It was not opened from a list, so there is no next one.")
            return
        self.ask(self._neighbour(self.which, by), self._go_on, group="neighbour")

    def _go_on(self, row: Any) -> None:
        if row is None:
            self.notify("There is no further one in the list.")
            return
        self.which, self.data = self.key_of(row), None
        self.table.forget()
        self.load()

    def action_back(self) -> None:
        """To where one came from."""
        self.waybill.back()


def _cells(entry: Entry) -> Cells:
    return entry.cells


def _key(entry: Entry) -> Hashable:
    return entry.key
