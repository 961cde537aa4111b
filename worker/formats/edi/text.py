"""Text for formats with few characters and short fields: nothing is cut, what does not fit is found."""

from __future__ import annotations

from collections.abc import Callable

from worker.formats.transliteration import to_ascii

Fits = Callable[[str], bool]


def pieces(text: str, width: int) -> list[str]:
    """The text in pieces of at most `width` characters, between words where that is possible."""
    found: list[str] = []
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) <= width:
            line = f"{line} {word}"
            continue
        if line:
            found.append(line)
        while len(word) > width:
            found.append(word[:width])
            word = word[width:]
        line = word
    return [*found, line] if line else found


def plain(text: str, fits: Fits) -> str:
    """The text on one line; each character that does not fit in plain letters, where it has such."""
    line = " ".join(text.split())
    if all(map(fits, line)):
        return line
    return "".join(char if fits(char) else _plain_char(char, fits) for char in line)


def _plain_char(char: str, fits: Fits) -> str:
    """What stands for the character; itself where nothing does, to be found as what it is."""
    for other in (to_ascii(char), to_ascii(char).upper(), char.upper()):
        if other and all(map(fits, other)):
            return other
    return char
