"""What is drawn as plain ASCII, each sign as wide as it was: for terminals and fonts that know no other."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import normalize

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_SIGNS = str.maketrans(
    "…·•→←↑↓–—−×“”„\u2018\u2019▁▂▃▄▅▆▇█▌▐▎▊øØæÆßłŁđĐ€£",
    '~-*><^v---x"""\'\'..::++##||||oOaAslLdDEL',
)
_FRAMES = {
    **dict.fromkeys("─━═┄┈╌╶╴▔▀", "-"),
    **dict.fromkeys("│┃║┆┊╎╵╷▏▕", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝╠╣╦╩╬", "+"),
}


class PlainFilter(LineFilter):
    """Takes every line on its way to the terminal; what ASCII lacks is its nearest sign, or a `?`."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's
        """The same line in ASCII."""
        return [
            Segment(text if text.isascii() else plain(text), style, control)
            for text, style, control in segments
        ]


@lru_cache(4096)
def plain(text: str) -> str:
    """A text in ASCII, as wide as it was."""
    return "".join(_one(char) for char in text.translate(_SIGNS))


def _one(char: str) -> str:
    if char.isascii():
        return char
    width = cell_len(char)
    if char in _FRAMES:
        return _FRAMES[char]
    letters = normalize("NFKD", char).encode("ascii", "ignore").decode()
    return letters if len(letters) == width else "?" * width
