"""ISO 9735 version 3: service characters, release sign, and what each syntax level can carry."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from string import ascii_letters, ascii_uppercase, digits
from typing import Final

from worker.formats.edi.segments import Segment

UNA: Final = "UNA:+.? '"
_SERVICE: Final = str.maketrans({sign: f"?{sign}" for sign in "?:+'"})
_SIGNS: Final = " .,-()/=!\"%&*;<>'+:?"
_LEVELS: Final = {
    "UNOA": frozenset(ascii_uppercase + digits + _SIGNS),
    "UNOB": frozenset(ascii_letters + digits + _SIGNS),
}
LEVELS: Final = ("UNOA", "UNOB", "UNOC")


def fits(level: str) -> Callable[[str], bool]:
    """Whether the level carries a character: UNOC is ISO 8859-1 without control characters."""
    known = _LEVELS.get(level)
    return _is_latin if known is None else known.__contains__


def _is_latin(char: str) -> bool:
    return " " <= char <= "~" or "\xa0" <= char <= "\xff"


def text_of(segments: Iterable[Segment], end: str) -> str:
    """Segments as they stand in a file; `end` follows each terminator."""
    return "".join(f"{_one(segment)}'{end}" for segment in segments)


def _one(segment: Segment) -> str:
    parts = [":".join(value.translate(_SERVICE) for value in element) for element in segment.elements]
    return "+".join([segment.tag, *parts])


def uncarried(segments: Iterable[Segment], level: str) -> Iterable[tuple[Segment, str, str]]:
    """Each value that the level cannot carry, with the first such character."""
    carried = fits(level)
    for segment in segments:
        for element in segment.elements:
            for value in element:
                bad = next((char for char in value if not carried(char)), None)
                if bad is not None:
                    yield segment, value, bad
