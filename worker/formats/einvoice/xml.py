"""XML as text: elements, escaping, and what XML cannot carry.

Strings are several times faster than any tree, and what a document consists of is known beforehand; that the
result is well-formed is shown by reading it back with a parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from models.invoice_document import Document
from models.problems import Problem
from worker.formats.einvoice.findings import AT_SOURCE, Findings

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'

_SPECIAL = re.compile(r'[&<>"\r]')
# A parser would read a bare carriage return as a line feed.
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})
_ATTRIBUTE_ESCAPES: Final = _ESCAPES | str.maketrans({"\n": "&#10;", "\t": "&#9;"})

# What canonical JSON shows of characters that XML has no place for, and of texts of nothing but blanks.
_HINTS: Final = ('""', '" ', "\ufffe", "\uffff")
_ESCAPED_HINTS: Final = ("\\u00", "\\b", "\\f", '"\\')
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BLANK: Final = " \t\n\r"
_UNWRITTEN: Final = frozenset({"custom", "other"})


def escaped(text: str) -> str:
    """A text as an element's content."""
    return text.translate(_ESCAPES) if _SPECIAL.search(text) else text


def attribute(name: str, value: str | None) -> str:
    """An attribute with the space before it; nothing where there is no value."""
    return f' {name}="{value.translate(_ATTRIBUTE_ESCAPES)}"' if value else ""


def leaf(name: str, text: str, attributes: str = "") -> str:
    """An element that holds a text."""
    return f"<{name}{attributes}>{escaped(text)}</{name}>"


def wrapped(name: str, inner: str) -> str:
    """An element that holds elements; nothing where there are none, for no element may be empty."""
    return f"<{name}>{inner}</{name}>" if inner else ""


def problems(document: Document, text: str) -> list[Problem]:
    """What of a document XML cannot carry; `text` is its canonical JSON, in which that shows at once."""
    if not _is_hinted(text) and (text.isascii() or not _has_surrogates(text)):
        return []
    found = Findings()
    for place, value in _texts(document, ""):
        if character := _FORBIDDEN.search(value):
            what = f"{place} holds the character U+{ord(character[0]):04X}, which XML cannot carry"
            found.add("XML", place, what, f"remove it {AT_SOURCE}", value)
        elif not value.strip(_BLANK):
            what = f"{place} holds nothing but blanks, and no element may be empty"
            found.add("PEPPOL-EN16931-R008", place, what, f"fill it in or leave it out {AT_SOURCE}", value)
    return found


def _is_hinted(text: str) -> bool:
    """Whether something may be wrong; runs on every document, most of which hold no backslash."""
    if "\\" in text and any(hint in text for hint in _ESCAPED_HINTS):
        return True
    return any(hint in text for hint in _HINTS)


def _has_surrogates(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in _UNWRITTEN:
                yield from _texts(inner, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for position, inner in enumerate(value, start=1):
            yield from _texts(inner, f"{place}[{position}]")
    else:
        yield place, value
