"""A list on the screen: what is shown of it, marks, the filter, and the row beside it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Static

from tui.kit.listing.rows import RowsScreen
from tui.kit.listing.wanted import Selection, Tab
from tui.kit.live import key
from tui.widgets.filter_line import FilterLine, FilterWords
from tui.widgets.lines import Banner, HeadLine, KeyLine, Line, TabLine
from tui.widgets.marks import Marks
from tui.widgets.table import VirtualTable
from tui.wording import one_line

R = TypeVar("R")

_ROOM_BESIDE = 118
"""Columns from which a row stands in full beside the list."""
_REST = 0.1
"""Seconds for which the cursor rests before that is read."""


class ListScreen(RowsScreen[R]):
    """Give it `TABS`, `COLUMNS`, `source`, `cells` and, where there is more to say, the other methods."""

    AUTO_FOCUS = ""
    """Of an empty list Textual would focus the filter line, although that is out of sight."""
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
        self.marks = Marks()
        self.filter_text = ""
        """What stands in the filter line and narrows the list."""
        self._previews = type(self).preview is not RowsScreen.preview
        self._previewed = Text()
        self._sided = type(self).beside is not RowsScreen.beside
        self._resting: Timer | None = None

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
        if any(self.about(tab) for tab in self.TABS):
            yield Line(id="about")
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
        if self.filter_text:
            return "Nothing matches the filter.\n\nChange it: /      Clear it: esc"
        return self.nothing(self._tab_shown)

    @property
    def _tab_shown(self) -> Tab:
        return next(tab for tab in self.TABS if tab.key == self.tab)

    def _put_tabs(self) -> None:
        place, total = self.table.place
        notes = []
        if self.filter_text:
            notes.append("filtered")
        if self.marks:
            notes.append(f"{self.marks.number(self._total):,} marked")
        if self._order and self._order != self.ORDERS[0]:
            notes.append(self._order)
        if total:
            notes.append(f"{place:,}/{total:,}")
        self.query_one(TabLine).set(self.tab_labels(), "  ".join(notes))
        for line in self.query("#about").results(Line):
            line.put(Text(one_line(self.about(self._tab_shown)), "dim", no_wrap=True))

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

    @property
    def resting(self) -> bool:
        """Whether the row beside is about to be read."""
        return self._resting is not None

    def _read_beside(self) -> None:
        self._resting = None
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
        self.filter_text = message.text
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
        elif self.filter_text:
            self.query_one(FilterLine).action_leave()
        else:
            self.waybill.back()


def table_key(table: VirtualTable[Any], row: Any) -> Hashable:
    """A row's key, by the table that shows it."""
    found: Hashable = table.window.key(row)
    return found
