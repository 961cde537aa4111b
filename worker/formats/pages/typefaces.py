"""The fonts that ship with the pages: what they carry, and how wide texts are in them.

A text is set in the first typeface, and what that one lacks in the next one that has it. Nothing is shaped:
a script whose letters join, stack or run from right to left is carried by none of them (`characters`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

FOLDER: Final = Path(__file__).parent / "fonts"
_FAMILIES: Final = (
    ("NotoSans-Regular", "NotoSans-Bold"),
    ("NotoSansMore-Regular", "NotoSansMore-Bold"),
    ("NotoSansArmenian-Regular", "NotoSansArmenian-Bold"),
    ("NotoSansGeorgian-Regular", "NotoSansGeorgian-Bold"),
    ("NotoSansMath-Regular", "NotoSansMath-Regular"),
)
NAMES: Final = tuple(dict.fromkeys(name for family in _FAMILIES for name in family))
"""Every font, by its file's name."""


class Style(NamedTuple):
    """The fonts of one weight as if they were one."""

    advances: Mapping[str, int]
    """How far each character moves on, in thousandths of the size."""
    fonts: Mapping[str, str]
    """In which font each character is."""
    main: str
    carried: frozenset[str]
    """What the main font has."""

    def width(self, text: str, size: float) -> float:
        """How wide a text is, in points."""
        return sum(map(self.advances.__getitem__, text)) * size / 1000

    def runs(self, text: str) -> Iterator[tuple[str, str]]:
        """The text in pieces of one font each."""
        if self.carried.issuperset(text):
            yield self.main, text
            return
        begin, font = 0, self.fonts[text[0]]
        for place, character in enumerate(text):
            # A blank is as wide in every font here, and parts no word from the next.
            if character != " " and (other := self.fonts[character]) != font:
                yield font, text[begin:place]
                begin, font = place, other
        yield font, text[begin:]

    def wrapped(self, text: str, size: float, width: float) -> list[str]:
        """The text in lines that fit; a word wider than a line is parted between letters."""
        limit = width * 1000 / size
        lines: list[str] = []
        for paragraph in text.split("\n"):
            lines += self._fitted(paragraph, limit)
        return lines

    def _fitted(self, paragraph: str, limit: float) -> list[str]:
        if self._units(paragraph) <= limit:
            return [paragraph]
        lines, line, used = [], "", 0.0
        space = self.advances[" "]
        for word in paragraph.split(" "):
            wide = self._units(word)
            if line and used + space + wide <= limit:
                line, used = f"{line} {word}", used + space + wide
                continue
            if line:
                lines.append(line)
            *full, line = self._parted(word, limit) if wide > limit else [word]
            lines += full
            used = self._units(line)
        return [*lines, line]

    def _parted(self, word: str, limit: float) -> list[str]:
        pieces, begin, used = [], 0, 0
        for place, character in enumerate(word):
            wide = self.advances[character]
            if used + wide > limit and place > begin:
                pieces.append(word[begin:place])
                begin, used = place, 0
            used += wide
        return [*pieces, word[begin:]]

    def _units(self, text: str) -> int:
        return sum(map(self.advances.__getitem__, text))


def path(name: str) -> Path:
    """Where a font's file is."""
    return FOLDER / f"{name}.ttf"


@cache
def style(*, bold: bool) -> Style:
    """The fonts of one weight, read once."""
    advances: dict[str, int] = {}
    fonts: dict[str, str] = {}
    main = _FAMILIES[0][bold]
    for name in (family[bold] for family in _FAMILIES):
        for character, advance in _widths(name).items():
            if character not in fonts:
                fonts[character], advances[character] = name, advance
    carried = frozenset(character for character, name in fonts.items() if name == main)
    return Style(advances, fonts, main, carried)


@cache
def carried() -> frozenset[str]:
    """Every character that can stand on a page, whatever its weight."""
    return frozenset(style(bold=False).fonts.keys() & style(bold=True).fonts.keys())


def _widths(name: str) -> dict[str, int]:
    from reportlab.pdfbase.ttfonts import TTFontFile  # imported where used: other formats do without it

    read = TTFontFile(str(path(name)))
    widths = {code: round(width) for code, width in read.charWidths.items() if code in read.charToGlyph}
    return {chr(code): width for code, width in widths.items() if chr(code).isprintable() or code == 0xA0}
