"""Segments, and the tables they are held to: which elements, of what kind, how long.

A table is text, so that it reads like the directory it is taken from:

    "an..3 (an..35 an..3) n..18"      elements, one of them of two components
    "an1-22 dt8 d1-10 i1-15"          the same in the manner of X12

Kinds: `an` text, `a` letters, `n` and `d` numbers with a decimal point, `i` an integer with implied decimals,
`dt` a day as CCYYMMDD. Signs and the decimal point do not count for the length (ISO 9735 §10, X12.6 §3.5.1).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from models.problems import Problem

_TOKEN = re.compile(r"\(|\)|(an|a|n|dt|d|i)(?:\.\.(\d+)|(\d+)(?:-(\d+))?)")
_FORMS = {
    "n": re.compile(r"-?\d+(?:\.\d+)?"),
    "d": re.compile(r"-?\d+(?:\.\d+)?"),
    "i": re.compile(r"-?\d+"),
    "dt": re.compile(r"\d{8}"),
    "a": re.compile(r"[^\d]*"),
}
_NUMBERS = ("n", "d", "i")


class Segment(NamedTuple):
    """A tag and its elements, each a tuple of components; `term` is what of the invoice it carries."""

    tag: str
    elements: tuple[tuple[str, ...], ...]
    term: str = ""


class Kind(NamedTuple):
    """What one component may be."""

    kind: str
    least: int
    most: int


Table = Mapping[str, str]


def segment(tag: str, *elements: str | tuple[str, ...], term: str = "") -> Segment:
    """A segment without the empty components and elements at its end."""
    kept = [_trimmed((one,) if isinstance(one, str) else one) for one in elements]
    while kept and not any(kept[-1]):
        kept.pop()
    return Segment(tag, tuple(kept), term)


def _trimmed(components: tuple[str, ...]) -> tuple[str, ...]:
    end = len(components)
    while end > 1 and not components[end - 1]:
        end -= 1
    return components[:end]


@cache
def parse(table: str) -> tuple[tuple[Kind, ...], ...]:
    """A table's line as the kinds of each element's components."""
    elements: list[tuple[Kind, ...]] = []
    composite: list[Kind] | None = None
    for token in _TOKEN.finditer(table):
        if token[0] == "(":
            composite = []
        elif token[0] == ")":
            elements.append(tuple(composite or ()))
            composite = None
        else:
            kind = _kind(token)
            if composite is None:
                elements.append((kind,))
            else:
                composite.append(kind)
    return tuple(elements)


def _kind(token: re.Match[str]) -> Kind:
    name, most, exact, longest = token.groups()
    return Kind(name, 1 if most else int(exact), int(most or longest or exact))


def misfits(segments: Iterable[Segment], tables: Table, standard: str) -> Iterator[Problem]:
    """Every component that is longer, shorter or of another kind than its table allows."""
    for one in segments:
        shapes = parse(tables[one.tag])
        for place, (components, kinds) in enumerate(zip(one.elements, shapes, strict=False), 1):
            for number, (value, kind) in enumerate(zip(components, kinds, strict=False), 1):
                if value and (why := _misfit(value, kind)):
                    at = f"{one.tag} element {place}" + (f".{number}" if len(kinds) > 1 else "")
                    yield _problem(standard, one, at, value, why)


def _misfit(value: str, kind: Kind) -> str:
    form = _FORMS.get(kind.kind)
    if form is not None and not form.fullmatch(value):
        return "is not a number" if kind.kind in _NUMBERS else "has digits"
    length = len(value.replace("-", "").replace(".", "")) if kind.kind in _NUMBERS else len(value)
    if kind.least <= length <= kind.most:
        return ""
    wanted = str(kind.most) if kind.least in (1, kind.most) else f"{kind.least} to {kind.most}"
    limit = "exactly " if kind.least == kind.most else "at most " if kind.least == 1 else ""
    return f"has {length} characters, and the standard carries {limit}{wanted}"


def _problem(standard: str, one: Segment, at: str, value: str, why: str) -> Problem:
    return Problem(
        code=f"{standard}-LENGTH" if "characters" in why else f"{standard}-FORM",
        reason=f"{value!r} {why} ({at})",
        remedy="correct it where the invoice is made, or send this invoice in another format",
        term=one.term or at,
        value=value,
    )


def uncarried(standard: str, by: str, one: Segment, value: str, char: str) -> Problem:
    """The finding of a character that has no place in the character set."""
    name = unicodedata.name(char, f"U+{ord(char):04X}").lower()
    return Problem(
        code=f"{standard}-CHARSET",
        reason=f"{by} has no {char!r} ({name}) for text, and it stands in {value!r}",
        remedy="write it otherwise where the invoice is made, or send this invoice in another format",
        term=one.term or one.tag,
        value=value,
    )


def repeated(
    standard: str, place: str, counts: Mapping[str, int], most: Mapping[tuple[str, str], int]
) -> Iterator[Problem]:
    """The segments that stand more often at their place than it has room for."""
    for (where, tag), room in most.items():
        if where == place and counts.get(tag, 0) > room:
            yield Problem(
                code=f"{standard}-REPEAT",
                reason=f"it takes {counts[tag]} {tag} segments, and there is room for {room} there",
                remedy="shorten it where the invoice is made, or send this invoice in another format",
                term=tag,
                value=str(counts[tag]),
            )
