"""Text in narrow places: cut to a width, styled by state. Colour comes second: every state is a word too."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from tui.wording import one_line

_STYLES = {
    "failed": "bold red",
    "lost": "bold red",
    "unknown": "bold red",
    "completed_with_errors": "yellow",
    "on_hold": "yellow",
    "in_progress": "bold cyan",
    "sending": "bold cyan",
    "completed": "green",
    "successful": "green",
    "exported": "green",
    "delivered": "green",
    "confirmed": "green",
}


def cell(text: str, width: int, style: str = "") -> Text:
    """One line that leaves a space to its neighbour; what does not fit ends in an ellipsis."""
    made = Text(one_line(text), style=style, no_wrap=True, end="")
    made.truncate(max(width - 1, 1), overflow="ellipsis")
    return made


def fields(lines: Iterable[tuple[str, Text]], *, width: int) -> Table:
    """Names and texts in two columns, so that a text that wraps stays in its own; names take `width`."""
    grid = Table.grid(padding=0)
    grid.add_column(width=width, style="bold", no_wrap=True)
    grid.add_column()
    for name, text in lines:
        grid.add_row(name, text)
    return grid


def state_style(state: str) -> str:
    """The colour of a state."""
    return _STYLES.get(state, "")
