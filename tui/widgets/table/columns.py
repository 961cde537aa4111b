"""The columns of a table, and how a row of it is drawn into exactly its width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.wording import one_line

_GUTTER = 2


class Column(NamedTuple):
    """One column; width in cells, the space to its neighbour included."""

    key: str
    title: str
    width: int
    """0: what the others leave; one column of a table has it."""
    at: int = 0
    """Shown only where the table is at least so wide."""
    right: bool = False
    """Numbers: aligned to the right."""
    indented: bool = False
    """What a text is indented by is kept: it says what belongs to what."""


class Cell(NamedTuple):
    """A text and how it is styled; colour only ever repeats what the words say."""

    text: str
    style: str = ""


Cells = Mapping[str, Cell | str]
"""By column key. A column without one stays empty."""


def fitting(columns: Sequence[Column], width: int) -> list[Column]:
    """The columns that are shown in this width, one of them as wide as the others leave."""
    shown = [column for column in columns if width >= column.at]
    used = sum(column.width for column in shown) + _GUTTER
    return [column._replace(width=max(width - used, 8)) if column.width == 0 else column for column in shown]


def text_of(cell: Cell | str) -> str:
    """What a cell says, on one line."""
    return one_line(cell if isinstance(cell, str) else cell.text)


def title_line(columns: Sequence[Column], width: int, style: Style) -> Strip:
    """The names of the columns, which have their widths."""
    texts = [_fit(column.title, column) for column in columns]
    return plain_line(" " * _GUTTER + "".join(texts), width, style + Style(bold=True, underline=True))


def row_line(
    columns: Sequence[Column], cells: Cells, signs: str, width: int, base: Style, *, colours: bool
) -> Strip:
    """One row in columns that have their widths, its signs (cursor, mark) before it."""
    segments = [Segment(signs, base + Style(bold=True))]
    for column in columns:
        cell = cells.get(column.key, "")
        text, style = (cell, "") if isinstance(cell, str) else cell
        coloured = base + Style.parse(style) if style and colours else base
        segments.append(Segment(_fit(text, column), coloured))
    return Strip(segments).adjust_cell_length(width, base)


def plain_line(text: str, width: int, style: Style) -> Strip:
    """A text in one style."""
    return Strip([Segment(set_cell_size(text, width), style)], width)


def _fit(text: str, column: Column) -> str:
    """Exactly as wide as its column, with a space to its neighbour; what does not fit ends in an ellipsis."""
    room, indent = column.width - 1, len(text) - len(text.lstrip(" ")) if column.indented else 0
    text = " " * indent + one_line(text)
    if (long := cell_len(text)) > room:
        text = set_cell_size(text, max(room - 1, 0)) + "…"
    elif column.right:
        text = " " * (room - long) + text
    return set_cell_size(text, column.width)
