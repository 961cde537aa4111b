"""A list: tabs with counts, a filter line, a table of any length with marks, and its row in words."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Static

from models.paging import Seek
from tui.kit.live import LiveScreen, key
from tui.widgets.filter_line import FilterLine, FilterWords
from tui.widgets.lines import Banner, HeadLine, KeyLine, TabLine
from tui.widgets.marks import Marks
from tui.widgets.rows import Source
from tui.widgets.table import Cells, Column, VirtualTable
from tui.widgets.window import Part

R = TypeVar("R")

_ROOM_BESIDE = 118
"""Columns from which a row stands in full beside the list."""
_REST = 0.1
"""Seconds for which the cursor rests before that is read."""


class Tab(NamedTuple):
    """One of the lists of a screen."""

    key: str
    title: str
    nothing: str
    """What stands there when it has no row: what to do next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which list is wanted; a screen makes its `Source` from this."""

    tab: str
    filter: Any = None
    """What the filter line's `parse` made of it; None without one."""
    order: str = ""
    """One of the screen's `ORDERS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection(Generic[R]):
    """What a command is to be done to: the marked rows, or the one under the cursor."""

    wanted: Wanted
    rows: Sequence[R]
    """Those of them that are held; complete unless `everything`."""
    keys: frozenset[Hashable]
    """The keys of them all; when `everything`, of those that are left out."""
    everything: bool
    """All that match `wanted`, but `keys`."""
    number: int


class _Read(NamedTuple):
    part: Part
    seek: Seek
    rows: Sequence[Any]


class _Counted(NamedTuple):
    counts: Mapping[str, int | None]
    total: int
    facts: Any


class ListScreen(LiveScreen, Generic[R]):
    """Give it `TABS`, `COLUMNS`, `source`, `cells` and, where there is more to say, the methods below."""

    TABS: ClassVar[Sequence[Tab]]
    COLUMNS: ClassVar[Sequence[Column]]
    ORDERS: ClassVar[Sequence[str]] = ()
    """Names of the orders that an index gives, the usual one first; `s` goes through them."""
    FILTER: ClassVar[FilterWords | None] = None
    MARKING: ClassVar[bool] = False
    """Whether rows can be marked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("slash", "filter", "Filter", "type which rows to list", shown="/"),
        key("space", "mark", "Mark", "mark or unmark the row", shown="space"),
        key("A", "mark_all", "All", "mark every row that matches, in sight or not", shown="A"),
        key("right_square_bracket,right", "turn(1)", "Next list", shown="]"),
        key("left_square_bracket,left", "turn(-1)", "List before"),
        key("s", "order", "Other order"),
        key("escape", "clear", "Back", "marks off, then the filter, then back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.tab = self.TABS[0].key
        self.marks = Marks()
        self.facts: Any = None
        self.counts: Mapping[str, int | None] = {}
        self._filter: Any = None
        self._filter_text = ""
        self._order = self.ORDERS[0] if self.ORDERS else ""
        self._total = 0
        self._previews = type(self).preview is not ListScreen.preview
        self._previewed = Text()
        self._sided = type(self).beside is not ListScreen.beside
        self._resting: Timer | None = None
        self._reading: Part | None = None
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

    def selection(self) -> Selection[R]:
        """What a command is to be done to."""
        table, row = self.table, self.current
        if not self.marks:
            rows = [] if row is None else [row]
            keys = frozenset({table.key}) if row is not None else frozenset[Hashable]()
            return Selection(wanted=self.wanted, rows=rows, keys=keys, everything=False, number=len(rows))
        return Selection(
            wanted=self.wanted,
            rows=[row for row in table.rows if table_key(table, row) in self.marks],
            keys=self.marks.keys,
            everything=self.marks.everything,
            number=self.marks.number(self._total),
        )

    def unmark(self) -> None:
        """Take all marks off."""
        self._mark(Marks())

    def compose(self) -> ComposeResult:
        """Head, tabs, trouble, filter, table and its row in words, keys."""
        yield HeadLine(id="head")
        yield TabLine(id="tabs")
        yield Banner(id="banner")
        if self.FILTER is not None:
            yield FilterLine(self.FILTER)
        with Horizontal(id="body"):
            yield VirtualTable(self.COLUMNS, self.cells, self.source(self.wanted).key, id="table")
            yield Static(id="empty")
            if self._sided:
                yield Static(id="side")
        if self._previews:
            yield Static(id="preview")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Keys go to the table."""
        self.table.focus()

    def on_resize(self) -> None:
        """Room for a row in full beside the list, or not."""
        self.set_class(self._sided and self.size.width >= _ROOM_BESIDE, "-sided")
        self._look_beside()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """What a list of this kind cannot do has no key."""
        lacking = {
            "filter": self.FILTER is None,
            "mark": not self.MARKING,
            "mark_all": not self.MARKING,
            "order": len(self.ORDERS) < 2,
            "turn": len(self.TABS) < 2,
        }
        return not lacking.get(action, False)

    # Reading

    def load(self) -> None:
        """Read what is held anew."""
        self._read(Part.AGAIN)
        self._count()

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

    # Showing

    def _arrange(self) -> None:
        """Table or the hint; tabs and keys."""
        table, empty = self.table, self.query_one("#empty", Static)
        some = bool(table.rows)
        if table.display != some or not some:
            had_focus = self.focused in (None, table)
            table.display, empty.display = some, not some
            if not some:
                empty.update(Text(self._nothing()))
            if had_focus:
                self.set_focus(table if some else None)
        self._put_tabs()
        self.head()

    def _nothing(self) -> str:
        if self._filter_text:
            return "Nothing matches the filter.\n\nChange it: /      Clear it: esc"
        return self.nothing(next(tab for tab in self.TABS if tab.key == self.tab))

    def _put_tabs(self) -> None:
        place, total = self.table.place
        notes = []
        if self._filter_text:
            notes.append("filtered")
        if self.marks:
            notes.append(f"{self.marks.number(self._total):,} marked")
        if self._order and self._order != self.ORDERS[0]:
            notes.append(self._order)
        if total:
            notes.append(f"{place:,}/{total:,}")
        self.query_one(TabLine).set(self.tab_labels(), "  ".join(notes))

    def tab_labels(self) -> Sequence[tuple[str, int | None, bool]]:
        """Title and count of each tab, and whether it is the one shown."""
        return [(tab.title, self.counts.get(tab.key), tab.key == self.tab) for tab in self.TABS]

    def on_virtual_table_moved(self) -> None:
        """Say what is under the cursor."""
        row = self.current
        if self._previews:
            text = Text() if row is None else self.preview(row)
            if text != self._previewed:
                self._previewed = text
                self.query_one("#preview", Static).update(text, layout=False)
        self._look_beside()
        self._put_tabs()
        self.head()

    def _look_beside(self) -> None:
        """Read the row in full once the cursor rests."""
        if self.has_class("-sided"):
            self._resting.stop() if self._resting else None
            self._resting = self.set_timer(_REST, self._read_beside)

    def _read_beside(self) -> None:
        if (row := self.current) is None:
            self._put_beside(Text())
        else:
            self.ask(self.beside(row), self._put_beside, group="beside")

    def _put_beside(self, text: Text) -> None:
        self.query_one("#side", Static).update(text, layout=False)

    def on_virtual_table_opened(self) -> None:
        """Enter."""
        if (row := self.current) is not None:
            self.open(row)

    # Keys

    def action_turn(self, by: int) -> None:
        """Another list."""
        keys = [tab.key for tab in self.TABS]
        self.turn_to(keys[(keys.index(self.tab) + by) % len(keys)])

    def turn_to(self, tab: str) -> None:
        """The list of this key."""
        self.tab = tab
        self.restart()

    def action_order(self) -> None:
        """The next order that an index gives."""
        self._order = self.ORDERS[(self.ORDERS.index(self._order) + 1) % len(self.ORDERS)]
        self.restart()

    def action_filter(self) -> None:
        """Type which rows to list."""
        self.query_one(FilterLine).open()

    def narrow(self, text: str, tab: str = "") -> None:
        """List what matches a filter, as if it had been typed, on a tab."""
        self.tab = tab or self.tab
        self.query_one(FilterLine).put(text)

    def on_filter_line_applied(self, message: FilterLine.Applied) -> None:
        """List what matches."""
        self._filter = message.wanted if message.text else None
        self._filter_text = message.text
        self.table.display = True
        self.table.focus()
        self.restart()

    def action_mark(self) -> None:
        """Mark or unmark the row, and go one down."""
        if (key_ := self.table.key) is not None:
            self._mark(self.marks.toggled(key_))
            self.table.action_move(1)

    def action_mark_all(self) -> None:
        """Mark every row that matches, in sight or not."""
        self._mark(Marks(everything=True) if self._total else Marks())

    def _mark(self, marks: Marks) -> None:
        self.marks = marks
        self.table.mark(marks)
        self._put_tabs()
        self.head()

    def action_clear(self) -> None:
        """Marks off; then the filter; then back."""
        if self.marks:
            self.unmark()
        elif self._filter_text:
            self.query_one(FilterLine).action_leave()
        else:
            self.waybill.back()

    # Neighbours, for the screen of one row

    def neighbour(self, of: Hashable, by: int) -> Callable[[], R | None]:
        """What finds the row after a key (or before it), beyond the rows that are held; runs in a thread."""
        source = self.source(self.wanted)

        def find() -> R | None:
            rows = source.page(Seek(of, backwards=by < 0, limit=1))
            return rows[0] if rows else None

        return find


def table_key(table: VirtualTable[Any], row: Any) -> Hashable:
    """A row's key, by the table that shows it."""
    found: Hashable = table.window.key(row)
    return found
