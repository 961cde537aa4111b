"""Texts one below the other and side by side, over as many pages as they need.

Everything is made of columns of lines (`abreast`): a table's row, two parties, a heading. What fits on the
page stays together; what is longer goes on at the head of the next page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

from worker.formats.pages.marks import INK, LINE, TINT, Box, Color, Page, Picture, Rule, Text
from worker.formats.pages.typefaces import Style, style

SIZES: Final = {"a4": (595.28, 841.89), "letter": (612.0, 792.0)}
"""Width and height of the papers."""
NORMAL: Final = 9.0
SMALL: Final = 7.5
_SIDE: Final = 45.0
_TOP: Final = 42.0
_BOTTOM: Final = 58.0
_LEADING: Final = 1.36
_ASCENT: Final = 0.98  # of the size, from a line's upper edge to where letters stand
_TOGETHER: Final = 0.4  # of a page: what is higher is not kept together at any price


class Line(NamedTuple):
    """A text on a line of its own within a column."""

    text: str
    size: float = NORMAL
    bold: bool = False
    color: Color = INK
    tag: str = ""


_PLAIN: Final = Line("")


class Column(NamedTuple):
    """Lines below each other, from the left or against the right edge."""

    x: float
    width: float
    lines: Sequence[Line]
    right: bool = False


class Flow:
    """Where the next thing goes."""

    def __init__(self, paper: str) -> None:
        self.width, self.height = SIZES[paper]
        self.left, self.right, self.bottom = _SIDE, self.width - _SIDE, self.height - _BOTTOM
        self.y = _TOP
        self.pages: list[Page] = [[]]
        self.on_turn: Callable[[], None] | None = None
        """Draws the head of a table that goes on."""
        self._styles: tuple[Style, Style] = (style(bold=False), style(bold=True))

    @property
    def room(self) -> float:
        """From margin to margin."""
        return self.right - self.left

    def wrapped(self, text: str, width: float, like: Line) -> list[Line]:
        """A text in lines of a width, each like the one given."""
        lines = self._styles[like.bold].wrapped(text, like.size, width)
        return [like._replace(text=line) for line in lines]

    def measure(self, text: str, like: Line) -> float:
        """How wide a text is, on its widest line."""
        return max(self._styles[like.bold].width(line, like.size) for line in text.split("\n"))

    def need(self, height: float) -> None:
        """Go on to the next page where there is less than this left of it."""
        if self.y + height > self.bottom and self.y > _TOP:
            self.turn()

    def turn(self) -> None:
        """Begin a page."""
        self.pages.append([])
        self.y = _TOP
        if self.on_turn is not None:
            self.on_turn()

    def skip(self, height: float) -> None:
        """Leave something blank, but not at the head of a page."""
        if self.y > _TOP:
            self.y += height

    def abreast(self, columns: Sequence[Column], *, after: float = 0.0) -> None:
        """Columns beside each other; `after` is left blank below them."""
        self.need(self.together(columns))
        for row in _rows(columns):
            height = _height(row)
            self.need(height)
            self._row(columns, row, height)
        self.y += after

    def together(self, columns: Sequence[Column]) -> float:
        """How much room on a page columns ask for before they begin: their height, unless it is too much."""
        heights = [_height(row) for row in _rows(columns)]
        whole = sum(heights)
        return whole if whole <= (self.bottom - _TOP) * _TOGETHER else heights[0]

    def _row(self, columns: Sequence[Column], row: Sequence[Line | None], height: float) -> None:
        page, leading = self.pages[-1], height / _LEADING
        for column, line in zip(columns, row, strict=True):
            if line is None or not line.text:
                continue
            x = column.x
            if column.right:
                x += column.width - self.measure(line.text, line)
            at = self.y + leading * _ASCENT
            page.append(Text(x, at, line.text, line.size, line.bold, line.color, line.tag))
        self.y += height

    def write(self, text: str, like: Line = _PLAIN, *, after: float = 0.0) -> None:
        """A paragraph from margin to margin."""
        self.abreast([Column(self.left, self.room, self.wrapped(text, self.room, like))], after=after)

    def rule(self, *, color: Color = LINE, weight: float = 0.5, x: float | None = None) -> None:
        """A line to the right margin, from the left one or from `x`."""
        begin = self.left if x is None else x
        self.pages[-1].append(Rule(begin, self.y, self.right - begin, color, weight))

    def box(self, height: float, *, color: Color = TINT, x: float | None = None) -> None:
        """A filled band of this height to the right margin, behind what comes next."""
        begin = self.left if x is None else x
        self.pages[-1].append(Box(begin, self.y, self.right - begin, height, color))

    def place(self, mark: Picture) -> None:
        """A picture at a place of its own."""
        self.pages[-1].append(mark)


def _rows(columns: Sequence[Column]) -> list[tuple[Line | None, ...]]:
    return list(zip_longest(*(column.lines for column in columns)))


def _height(row: Sequence[Line | None]) -> float:
    """As high as its highest line; a column never has a hole, so that there is one."""
    return max(line.size for line in row if line is not None) * _LEADING
