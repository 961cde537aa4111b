"""Choosing what a column shows: every field with title, kind and example, found as one types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from models.document_fields import ValueKind
from models.mapping_fields import Choosable
from tui.kit.live import Degrading
from tui.screens.mapping_expression import is_call
from tui.widgets.inputs import TextLine
from tui.widgets.table import Cells, Column, VirtualTable
from tui.widgets.window import Part
from tui.wording import one_line

_CONSTANT = ""
"""The path of what is no field."""
EXPRESSION = "="
"""The path of what is none either, but an expression: the example."""


def matching(fields: Sequence[Choosable], typed: str) -> list[Choosable]:
    """The fields that have all words somewhere, those that begin so first; then the text as a constant."""
    words = typed.casefold().split()
    found = [one for one in fields if all(word in _searched(one) for word in words)]
    found.sort(key=lambda one: not _begins(one, typed.casefold().strip()))
    text = typed.strip()
    if not text:
        return found
    if is_call(text):
        return [*found, Choosable(EXPRESSION, "this expression", ValueKind.TEXT, False, text, text)]
    about = f"Every row has the text {text!r} in this column."
    return [*found, Choosable(_CONSTANT, f"the text {text!r}", ValueKind.TEXT, False, text, about)]


def _searched(one: Choosable) -> str:
    line = "per line" if one.per_line else ""
    return f"{one.path} {one.title} {one.kind} {line} {one.about}".casefold()


def _begins(one: Choosable, typed: str) -> bool:
    return one.title.casefold().startswith(typed) or one.path.startswith(typed)


class PickScreen(Degrading, ModalScreen[None]):
    """Enter takes the field under the cursor, and stays for the next one; escape closes."""

    COLUMNS = (
        Column("title", "FIELD", 26),
        Column("kind", "KIND", 9),
        Column("path", "CALLED", 30, at=100),
        Column("example", "EXAMPLE", 0),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("up", "move(-1)", "Up", show=False),
        Binding("pagedown", "leap(1)", "A screenful down", show=False),
        Binding("pageup", "leap(-1)", "A screenful up", show=False),
    ]
    CSS = """
    PickScreen { align: center middle; background: $background 60%; }
    PickScreen #box {
        width: 94%; max-width: 116; height: 90%; padding: 0 1;
        border: round $foreground; background: $background;
    }
    PickScreen #about { height: 3; }
    """

    def __init__(
        self, fields: Sequence[Choosable], used: frozenset[str], take: Callable[[Choosable], object]
    ) -> None:
        """`used`: the fields that the mapping has, marked; `take` is called with each one chosen."""
        super().__init__()
        self._fields = fields
        self._used = used
        self._take = take

    def compose(self) -> ComposeResult:
        """What is sought, what is found, and what the one under the cursor is."""
        with Vertical(id="box") as box:
            box.border_title = "Add columns"
            box.border_subtitle = "type to search · ↑ ↓ · enter add · esc done"
            yield TextLine(placeholder="search, or the text of a constant column", compact=True, id="sought")
            yield VirtualTable(self.COLUMNS, _cells, _path, id="table")
            yield Static(id="about")

    def on_mount(self) -> None:
        """Type at once."""
        line = self.query_one(Input)
        line.cursor_blink = False
        line.focus()
        self._table.mark(self._used)
        self._find("")

    @property
    def _table(self) -> VirtualTable[Choosable]:
        return self.query_one(VirtualTable)

    def on_resize(self) -> None:
        """One line where there is no room."""
        self.fit()

    def on_input_changed(self, event: Input.Changed) -> None:
        """What matches, as one types."""
        self._find(event.value)

    def _find(self, typed: str) -> None:
        found = matching(self._fields, typed)
        self._table.forget()
        self._table.answer(Part.FIRST, found, len(found) + 1)
        self._table.refresh()
        if not found:
            self.query_one("#about", Static).update("No field matches.")

    def on_virtual_table_moved(self) -> None:
        """What it is, and how it is called."""
        if (one := self._table.current) is None:
            return
        line = "; once per line, for rows per line" if one.per_line else ""
        head = (
            f"{one.path}  ({one.kind}{line})"
            if one.path not in (_CONSTANT, EXPRESSION)
            else "a value of your own"
        )
        self.query_one("#about", Static).update(Text(f"{head}\n{one_line(one.about)}"))

    def on_input_submitted(self) -> None:
        """Take it, and go on."""
        if (one := self._table.current) is None:
            return
        self._take(one)
        self._used = self._used | {one.path}
        self._table.mark(self._used)
        self.query_one("#box", Vertical).border_title = f"Added: {one_line(one.title)}"

    def action_move(self, by: int) -> None:
        """Rows down, or up."""
        self._table.action_move(by)

    def action_leap(self, by: int) -> None:
        """A screenful down, or up."""
        self._table.action_leap(by)


def _cells(one: Choosable) -> Cells:
    return {"title": one.title, "kind": one.kind, "path": one.path, "example": one.example}


def _path(one: Choosable) -> str:
    return one.path
