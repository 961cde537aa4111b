"""A text to be read in full: a traceback, a reason, a document."""

from __future__ import annotations

import json
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.kit.live import Degrading


class ReaderScreen(Degrading, ModalScreen[None]):
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

    def on_resize(self) -> None:
        """One line where there is no room."""
        self.fit()


def document_text(document: object) -> str:
    """A JSON document as people read it: an indented line a value, without quotes and braces."""
    return "\n".join(_lines(document, "")) or json.dumps(document)


def _lines(value: object, indent: str) -> list[str]:
    if isinstance(value, dict):
        return [line for name, inner in value.items() for line in _named(str(name), inner, indent)]
    if isinstance(value, list):
        return [line for place, inner in enumerate(value, 1) for line in _named(f"{place}.", inner, indent)]
    return [f"{indent}{_plain(value)}"]


def _named(name: str, value: object, indent: str) -> list[str]:
    if isinstance(value, dict | list) and value:
        return [f"{indent}{name}", *_lines(value, indent + "  ")]
    text = "-" if value in ({}, [], None, "") else _plain(value)
    return [f"{indent}{name:<{max(1, 28 - len(indent))}} {text}"]


def _plain(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "".join(char if char.isprintable() else " " for char in text)
