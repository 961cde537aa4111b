"""The rows of a list and the counts of its tabs: what a screen says of them, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from rich.text import Text

from models.paging import Seek
from tui.kit.listing.wanted import Tab, Wanted
from tui.kit.live import LiveScreen
from tui.widgets.rows import Source
from tui.widgets.table import Cells, Column, VirtualTable
from tui.widgets.window import Part

R = TypeVar("R")

_FAR = 5_000
"""Rows before one that the cursor is put on, at most: so many are read at once for it."""


class _Read(NamedTuple):
    part: Part
    seek: Seek
    rows: Sequence[Any]


class _Counted(NamedTuple):
    counts: Mapping[str, int | None]
    total: int
    facts: Any


class RowsScreen(LiveScreen, Generic[R]):
    """Reads a list in threads: the rows held, and the counts."""

    TABS: ClassVar[Sequence[Tab]]
    COLUMNS: ClassVar[Sequence[Column]]
    ORDERS: ClassVar[Sequence[str]] = ()
    """Names of the orders that an index gives, the usual one first; `s` goes through them."""

    def __init__(self) -> None:
        super().__init__()
        self.tab = self.TABS[0].key
        self.facts: Any = None
        self.counts: Mapping[str, int | None] = {}
        self._filter: Any = None
        self._order = self.ORDERS[0] if self.ORDERS else ""
        self._total = 0
        self._reading: Part | None = None
        self._pointed: Hashable = None
        """The key of the row that the cursor is to be put on when the list is read next."""
        self._stale = False
        """Whether the rows are to be read once more when what is being read has come."""

    # To be said by each screen; `source` and what it returns, `count` and `fact` run in threads

    def source(self, wanted: Wanted) -> Source[R]:
        """The rows of a list."""
        raise NotImplementedError

    def cells(self, row: R) -> Cells:
        """What stands in the columns."""
        raise NotImplementedError

    def counter(self, wanted: Wanted) -> Callable[[], Mapping[str, int | None]]:
        """What counts the rows of every tab, within the filter; None: not counted."""
        source = self.source(wanted)
        return lambda: {wanted.tab: source.total()}

    def finder(self) -> Callable[[dict[str, int | None]], Any]:
        """What else has to be read, given the counts: for `nothing`, say; becomes `facts`."""
        return lambda _counts: None

    def preview(self, row: R) -> Text:  # noqa: ARG002 - for screens to answer
        """The row in words; at most four lines. Empty: no preview."""
        return Text()

    def beside(self, row: R) -> Callable[[], Text]:
        """What reads the row in full, for a pane of its own in a wide terminal, which then is the preview."""
        raise NotImplementedError

    def nothing(self, tab: Tab) -> str:
        """What to do next where there is no row."""
        return tab.nothing

    def about(self, tab: Tab) -> str:
        """What the count of a tab is of; empty for all tabs: there is no such line."""
        return tab.about

    def open(self, row: R) -> None:
        """Enter was pressed on a row."""

    # Made from it

    @property
    def table(self) -> VirtualTable[R]:
        """The table."""
        return self.query_one(VirtualTable)

    @property
    def wanted(self) -> Wanted:
        """Which list is shown."""
        return Wanted(tab=self.tab, filter=self._filter, order=self._order)

    @property
    def current(self) -> R | None:
        """The row under the cursor."""
        return self.table.current

    def unmark(self) -> None:
        """Take all marks off."""
        raise NotImplementedError

    def _arrange(self) -> None:
        """Show what was read."""
        raise NotImplementedError

    # Reading

    def load(self) -> None:
        """Read what is held anew, or as far as the row that the cursor is to be put on."""
        if self._pointed is None:
            self._read(Part.AGAIN)
        else:
            self._land(self._pointed)
        self._count()

    def point(self, made: Any) -> None:
        """Put the cursor on the row of this key when the list is in sight again."""
        self._pointed = made

    def _land(self, key: Hashable) -> None:
        source, seek = self.source(self.wanted), Seek(key, backwards=True, inclusive=True, limit=_FAR)
        self._pointed, self._reading = None, Part.FIRST

        def put(rows: Sequence[R]) -> None:
            self._reading = None
            if rows and len(rows) < _FAR and source.key(rows[-1]) == key:
                self.table.answer(Part.FIRST, rows, len(rows))
                self.table.go(len(rows) - 1)
                self._arrange()
            else:
                self._missed(key)

        self.ask(lambda: source.page(seek), put, group="rows")

    def _missed(self, key: Hashable) -> None:
        """It is not in the list that is shown: look in the one that has all, unless that is this one."""
        others = [tab.key for tab in self.TABS if tab.key == "all" != self.tab]
        if others and self._filter is None:
            self.tab, self._pointed = others[0], key
            self.table.forget()
            self.load()
        else:
            self._read(Part.AGAIN)

    def restart(self) -> None:
        """Another list is wanted."""
        self._total = self.counts.get(self.tab) or 0
        self.table.forget()
        self.unmark()
        self._read(Part.FIRST)
        self._count()

    def on_virtual_table_asked(self, message: VirtualTable.Asked) -> None:
        """The table wants rows that it does not hold."""
        self._read(message.part)

    def _read(self, part: Part) -> None:
        if part is Part.AGAIN and self.table.asking:
            self._stale = True  # what the table waits for comes first
            return
        self._stale = self._stale or (self._reading is Part.AGAIN and part is not Part.FIRST)
        self._reading = part
        source, seek = self.source(self.wanted), self.table.window.seek(part)
        self.ask(lambda: _Read(part, seek, source.page(seek)), self._put_rows, group="rows")

    def _put_rows(self, read: _Read) -> None:
        if read.part is Part.AGAIN and not read.rows and read.seek.key is not None:
            self._read(Part.LAST)  # what was held is gone
            return
        self._reading = None
        self.table.answer(read.part, read.rows, read.seek.limit)
        self._arrange()
        if self._stale:
            self._stale = False
            self._read(Part.AGAIN)

    def troubled(self) -> None:
        """What was asked for does not come."""
        self._reading, self._stale = None, False
        self.table.release()

    def _count(self) -> None:
        wanted = self.wanted
        source, counter, finder = self.source(wanted), self.counter(wanted), self.finder()

        def read() -> _Counted:
            counts = dict(counter())
            total = counts.get(wanted.tab)
            return _Counted(counts, source.total() if total is None else total, finder(counts))

        self.ask(read, self._put_counts, group="counts")

    def _put_counts(self, counted: _Counted) -> None:
        self.counts, self._total, self.facts = counted.counts, counted.total, counted.facts
        self.table.count(counted.total)
        self._arrange()

    # Neighbours, for the screen of one row

    def neighbour(self, of: Hashable, by: int) -> Callable[[], R | None]:
        """What finds the row after a key (or before it), beyond the rows that are held; runs in a thread."""
        source = self.source(self.wanted)

        def find() -> R | None:
            rows = source.page(Seek(of, backwards=by < 0, limit=1))
            return rows[0] if rows else None

        return find
