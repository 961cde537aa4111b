"""A line to type a filter into: what may come next is shown, a mistake is said as one types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from models.errors import WaybillError
from tui.widgets.inputs import TextLine


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterKey:
    """One word that stands before a colon: `state`."""

    name: str
    help: str
    """What comes after it, in a few words: `pending, failed, …`, `at least that many: attempt:>=2`."""
    values: Sequence[str] = ()
    """What may come after it, where that is known; offered while one types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterWords:
    """What can be said in a filter line, and what understands it."""

    keys: Sequence[FilterKey]
    parse: Callable[[str], Any]
    """The text as what the list's source takes; raises a `WaybillError` that says what is wrong."""
    example: str = ""


class FilterLine(Vertical):
    """`/ state:failed -party:blue`: enter applies, tab completes, escape clears and leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", show=False, tooltip="take the first of what is offered"),
        Binding("escape", "leave", "Leave", show=False, tooltip="clear the filter and go back to the list"),
        Binding("down", "apply", "To the list", show=False),
    ]

    class Applied(Message):
        """The filter is to be this."""

        def __init__(self, text: str, wanted: object) -> None:
            super().__init__()
            self.text = text
            self.wanted = wanted

    def __init__(self, words: FilterWords) -> None:
        super().__init__(id="filter")
        self._words = words
        self._applied = ""
        self._known: dict[str, Sequence[str]] = {}

    def compose(self) -> ComposeResult:
        """The line, and below it what may come next or what is wrong."""
        yield TextLine(placeholder=self._words.example, compact=True, id="filter-text")
        yield Static(id="filter-hint")

    def on_mount(self) -> None:
        """Out of sight until it is wanted."""
        self.query_one(Input).cursor_blink = False
        self.display = False

    def open(self) -> None:
        """Show it and type into it."""
        self.display = True
        self.query_one(Input).focus()
        self._hint()

    def put(self, text: str) -> None:
        """Filter by this text, as if it had been typed."""
        self.query_one(Input).value = text
        self.action_apply()

    def know(self, values: Mapping[str, Sequence[str]]) -> None:
        """What may come after some words, found out meanwhile; offered like what is declared."""
        self._known = {name: [_quoted(value) for value in several] for name, several in values.items()}
        if self.query_one(Input).has_focus:
            self._hint()

    def on_input_changed(self) -> None:
        """Say at once what may come, or what is wrong; what was not typed needs no hint."""
        if self.query_one(Input).has_focus:
            self._hint()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter applies."""
        event.stop()
        self.action_apply()

    def action_apply(self) -> None:
        """Apply what stands there, unless it is wrong."""
        text = self.query_one(Input).value.strip()
        try:
            wanted = self._words.parse(text)
        except WaybillError as error:
            self._say(f"! {error.message}. {error.remedy}", "bold")
            return
        self._applied = text
        self.display = bool(text)
        self._say("")
        self.post_message(self.Applied(text, wanted))

    def action_leave(self) -> None:
        """Escape: clear it and go back to the list."""
        self.query_one(Input).value = ""
        self.action_apply()

    def action_complete(self) -> None:
        """Take the first of what is offered."""
        line = self.query_one(Input)
        if found := self._offered(line.value):
            head, _, word = line.value.rpartition(" ")
            sign = "-" if word.startswith("-") else ""
            line.value = f"{head} {sign}{found[0]}".lstrip()
            line.cursor_position = len(line.value)

    def _hint(self) -> None:
        text = self.query_one(Input).value
        offered = self._offered(text)
        try:
            self._words.parse(text.strip())
        except WaybillError as error:
            if not offered or text.endswith(" "):
                self._say(f"! {error.message}. {error.remedy}", "bold")
                return
        self._say("  ".join(offered) if offered else "enter apply · tab complete · esc clear", "dim")

    def _offered(self, text: str) -> list[str]:
        """What the last word may become."""
        word = text.rpartition(" ")[2].lstrip("-")
        name, colon, begun = word.partition(":")
        if not colon:
            return [f"{key.name}:" for key in self._words.keys if key.name.startswith(word)]
        for key in self._words.keys:
            if key.name == name:
                values = [*key.values, *self._known.get(name, ())]
                return [f"{name}:{value}" for value in values if _goes_on(begun, value)]
        return []

    def _say(self, text: str, style: str = "") -> None:
        hint = self.query_one("#filter-hint", Static)
        hint.display = bool(text)
        hint.update(Text(text, style, no_wrap=True, overflow="ellipsis"))


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value or "," in value else value


def _goes_on(begun: str, value: str) -> bool:
    return value != begun and value.strip('"').lower().startswith(begun.strip('"').lower())
