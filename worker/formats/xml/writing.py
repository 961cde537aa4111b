"""A document's content as elements, in the order of the schema; what has no term keeps its own name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from models.fields import canonical_json
from worker.formats.xml.shape import CUSTOM, DAY, NUMBER, Term, terms_of

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MARKS = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
)
IMPOSSIBLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no way to write."""


def element(name: str, text: object) -> str:
    """An element with a text."""
    return f"<{name}>{str(text).translate(_MARKS)}</{name}>"


def elements(group: type, content: Mapping[str, Any]) -> Iterator[str]:
    """The elements of a group, those without a term last."""
    terms = terms_of(group)
    more = {name: value for name, value in content.items() if name not in terms}
    for name, term in terms.items():
        if name not in content:
            continue
        if _suits(term, value := content[name]):
            yield from _term(name, term, value)
        else:
            more[name] = value
    for name, value in more.items():
        yield _named("more", name, value)


def _term(name: str, term: Term, value: Any) -> Iterator[str]:
    if term.kind == CUSTOM:
        for key, one in value.items():
            yield _named(name, key, one)
        return
    for one in value if term.many else [value]:
        if term.group is None:
            yield element(name, one)
        else:
            yield f"<{name}>{''.join(elements(term.group, one))}</{name}>"


def _suits(term: Term, value: Any) -> bool:
    """Whether the schema has a place for the value: empty lists and what is of another kind has none."""
    if term.kind == CUSTOM:
        return isinstance(value, dict) and bool(value)
    if term.many:
        return isinstance(value, list) and bool(value) and all(_suits_one(term, one) for one in value)
    return _suits_one(term, value)


def _suits_one(term: Term, value: Any) -> bool:
    if term.group is not None:
        return isinstance(value, dict)
    if not isinstance(value, str):
        return False
    if term.kind == NUMBER:
        return _NUMBER.fullmatch(value) is not None
    return term.kind != DAY or _is_day(value)


def _is_day(value: str) -> bool:
    if not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _named(element_name: str, name: str, value: Any) -> str:
    key = name.translate(_MARKS)
    if isinstance(value, str):
        return f'<{element_name} name="{key}">{value.translate(_MARKS)}</{element_name}>'
    text = canonical_json(value).translate(_MARKS)
    return f'<{element_name} name="{key}" form="json">{text}</{element_name}>'
