"""What a page cannot show, as findings: characters that no font here has, and scripts that need shaping.

Characters that leave no trace on paper (a soft hyphen, a zero-width space) are left out; a text whose order
is turned by control characters is a finding, for the page would say something else than the data.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from models.invoice_content import TERMS
from models.invoice_document import Document
from models.problems import Problem
from worker.formats.pages.typefaces import carried

_LINE_ENDS: Final = "\n\r\x85\u2028\u2029"
_TRACELESS: Final = "\u00ad\u200b\u200c\u200d\u200e\u2060\ufeff\ufe0e"
_SHOWN: Final = (
    {ord(end): "\n" for end in _LINE_ENDS} | dict.fromkeys(map(ord, _TRACELESS)) | {ord("\t"): " "}
)
# What JSON writes for control characters; a backslash before any other letter is part of a text.
_ESCAPED: Final = re.compile(r"\\[bf]|\\u00")
NOT_SHOWN: Final = frozenset({"other", "custom", "process", "specification", "content", "mime"})
"""Terms that have no place on a page: what a source keeps for itself, and what belongs to its exchange."""
_MOST: Final = 20  # findings of one document: a text in Arabic has one, a thousand lines have enough


def shown(text: str) -> str:
    """A text as it is drawn: line ends alike, nothing without a trace."""
    return text if text.isprintable() else text.replace("\r\n", "\n").translate(_SHOWN)


def findings(document: Document, content_json: str) -> list[Problem]:
    """Each term that holds something a page cannot show; `content_json` is the same, composed (NFC)."""
    if _allowed().issuperset(content_json) and not _ESCAPED.search(content_json):
        return []
    found = (_finding(path, text) for path, text in _texts("", document))
    return [problem for problem in found if problem is not None][:_MOST]


@cache
def _allowed() -> frozenset[str]:
    return carried() | frozenset(chr(code) for code in _SHOWN)


def _texts(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if name not in NOT_SHOWN:
                yield from _texts(f"{path}.{name}" if path else name, inner)
    elif isinstance(value, list):
        for place, inner in enumerate(value, start=1):
            yield from _texts(f"{path}[{place}]", inner)


def _finding(path: str, text: str) -> Problem | None:
    bad = [character for character in dict.fromkeys(text) if character not in _allowed()]
    if not bad:
        return None
    code, why, remedy = _reason(bad[0])
    more = f", and {len(bad) - 1} more such characters" if len(bad) > 1 else ""
    return Problem(
        code=code,
        reason=f"{path} holds {_named(bad[0])}, {why}{more}",
        remedy=remedy,
        term=_term(path),
        value=text if len(text) <= 80 else f"{text[:80]}…",
    )


def _reason(character: str) -> tuple[str, str, str]:
    """Code, why it cannot be shown, and what to do."""
    other = (
        "send this document in another format, or have the text written in Latin, Greek or Cyrillic letters"
    )
    if unicodedata.category(character) == "Cc":
        return "control_character", "which is no text", "have it removed where the invoice is made"
    if unicodedata.bidirectional(character) in {"R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI",
                                                "FSI", "PDF", "PDI"}:  # fmt: skip
        return "right_to_left", "which belongs to text from right to left; pages here have none", other
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Mc", "Me"}:
        return "needs_shaping", "which is set onto another letter; fonts here do not do that", other
    return "no_glyph", "which none of the fonts here has", other


def _named(character: str) -> str:
    name = unicodedata.name(character, "a character without a name")
    look = f" {character}" if character.isprintable() and not unicodedata.combining(character) else ""
    return f"U+{ord(character):04X}{look} ({name})"


def _term(path: str) -> str:
    """The business term of a path, or of the group it stands in."""
    general = re.sub(r"\[\d+\]", "", path)
    if general.startswith("lines."):
        general = f"line.{general.removeprefix('lines.')}"
    while general and general not in TERMS:
        general = general.rpartition(".")[0]
    return TERMS.get(general, "")
