"""Buttons that read without colour: `[ Cancel ]`, and `> Cancel <` where the focus is."""

from __future__ import annotations

from typing import Any

from textual.reactive import reactive
from textual.widgets import Button


class PlainButton(Button):
    """A button one line high."""

    text: reactive[str] = reactive("")

    def __init__(self, text: str, **options: Any) -> None:
        super().__init__(text, compact=True, **options)
        self.set_reactive(PlainButton.text, text)
        self._mark(focus=False)

    def watch_text(self) -> None:
        """Another text, the same marks, and as much room as it takes."""
        self._mark(focus=self.has_focus)
        self.refresh(layout=True)

    def on_focus(self) -> None:
        """Show where the focus is."""
        self._mark(focus=True)

    def on_blur(self) -> None:
        """The focus is elsewhere."""
        self._mark(focus=False)

    def _mark(self, *, focus: bool) -> None:
        self.label = f"> {self.text} <" if focus else rf"\[ {self.text} ]"
