"""A text to be read in full: a traceback, a reason, a hash."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static


class ReaderScreen(ModalScreen[None]):
    """Scrolls; any of the keys that lead back closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q,backspace", "dismiss", "Close", show=False)
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        """The text in a box as large as the screen allows."""
        with VerticalScroll(id="box") as box:
            box.border_title = self._title
            box.border_subtitle = "up/down scroll · esc close"
            yield Static(Text(self._text))
