"""The functions of a mapping's expressions (`models.columns.functions`), each made into a getter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from models.columns.expressions import Call, Ref, Text
from models.document_fields import FIELDS, ValueKind
from models.fields import minor_digits
from worker.formats import Item
from worker.formats.parts import Content, Getter, Part, Unfit

Pairs: TypeAlias = Sequence[tuple[str, Getter]]
Maker: TypeAlias = Callable[[Call, Sequence[Getter], Pairs, Getter | None], Getter]

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NUMERIC = (ValueKind.AMOUNT, ValueKind.DECIMAL)


def _concat(_call: Call, arguments: Sequence[Getter], _pairs: Pairs, _otherwise: Getter | None) -> Getter:
    parts = tuple(arguments)
    return lambda item, content, part: "".join([get(item, content, part) for get in parts])


def _if_empty(_call: Call, arguments: Sequence[Getter], _pairs: Pairs, _otherwise: Getter | None) -> Getter:
    parts = tuple(arguments)
    return lambda item, content, part: next(filter(None, (get(item, content, part) for get in parts)), "")


def _map(call: Call, arguments: Sequence[Getter], pairs: Pairs, otherwise: Getter | None) -> Getter:
    (get,) = arguments
    of_number = _is_number(call)
    table = {_plain(key) if of_number else key: value for key, value in pairs}

    def mapped(item: Item, content: Content, part: Part) -> str:
        text = get(item, content, part)
        found = table.get(_plain(text) if of_number else text, otherwise)
        if found is None:
            known = ", ".join(repr(key) for key, _ in pairs)
            raise Unfit(
                "value_unmapped",
                f"is {text!r}, for which map names no value",
                f'add it to the map, which knows {known}, or give else = "…"',
            )
        return found(item, content, part)

    return mapped


def _is_number(call: Call) -> bool:
    field = FIELDS.get(call.arguments[0].path) if isinstance(call.arguments[0], Ref) else None
    return field is not None and field.kind in _NUMERIC


def _plain(text: str) -> str:
    """A number without zeros that mean nothing: a rate of 25.00 is one of 25."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def _date(call: Call, arguments: Sequence[Getter], _pairs: Pairs, _otherwise: Getter | None) -> Getter:
    get, pattern = arguments[0], _constant(call, 1)

    def dated(item: Item, content: Content, part: Part) -> str:
        text = get(item, content, part)
        if text and not _DATE.fullmatch(text):
            raise Unfit("value_unfit", f"is {text!r}, which is no date", "give it as YYYY-MM-DD")
        return date_text(text, pattern)

    return dated


@lru_cache(maxsize=8192)
def date_text(iso: str, pattern: str) -> str:
    """A day written as a pattern says; what is empty stays so."""
    text = pattern.replace("YYYY", iso[:4]).replace("YY", iso[2:4])
    return text.replace("MM", iso[5:7]).replace("DD", iso[8:10]) if iso else ""


def _number(call: Call, arguments: Sequence[Getter], _pairs: Pairs, _otherwise: Getter | None) -> Getter:
    get, decimals = arguments[0], int(_constant(call, 1))
    marks = [_constant(call, place) for place in range(2, len(arguments))]
    mark, between = (*marks, *(".", "")[len(marks) :])

    def written(item: Item, content: Content, part: Part) -> str:
        text = get(item, content, part)
        if not text:
            return text
        sign, whole, rest = _digits(text)
        if rest[decimals:].strip("0"):
            raise Unfit(
                "too_many_decimals",
                f"is {text!r}, which has more than {decimals} decimals",
                "give number more decimals: it never rounds",
            )
        whole = f"{int(whole):,}".replace(",", between)
        rest = rest[:decimals].ljust(decimals, "0")
        return f"{sign}{whole}{mark}{rest}" if rest else f"{sign}{whole}"

    return written


def _cents(_call: Call, arguments: Sequence[Getter], _pairs: Pairs, _otherwise: Getter | None) -> Getter:
    (get,) = arguments

    def cents(item: Item, content: Content, part: Part) -> str:
        text = get(item, content, part)
        if not text:
            return text
        sign, whole, rest = _digits(text)
        digits = minor_digits(item.currency)
        if rest[digits:].strip("0"):
            raise Unfit(
                "too_many_decimals",
                f"is {text!r}, which has more decimals than {item.currency}",
                "correct the amount",
            )
        return f"{sign}{int(whole + rest[:digits].ljust(digits, '0'))}"

    return cents


def _turning(turned: str) -> Maker:
    """What negates amounts of one kind of document."""

    def make(_call: Call, arguments: Sequence[Getter], _pairs: Pairs, _otherwise: Getter | None) -> Getter:
        (get,) = arguments

        def signed(item: Item, content: Content, part: Part) -> str:
            text = get(item, content, part)
            if text:
                _digits(text)
            return negated(text) if item.document_type == turned else text

        return signed

    return make


def negated(text: str) -> str:
    """A number with the other sign; nothing has none."""
    if text.startswith("-"):
        return text[1:]
    return f"-{text}" if any(digit in text for digit in "123456789") else text


def _absolute(_call: Call, arguments: Sequence[Getter], _pairs: Pairs, _otherwise: Getter | None) -> Getter:
    (get,) = arguments

    def absolute(item: Item, content: Content, part: Part) -> str:
        text = get(item, content, part)
        if text:
            _digits(text)
        return text.removeprefix("-")

    return absolute


def _left(call: Call, arguments: Sequence[Getter], _pairs: Pairs, _otherwise: Getter | None) -> Getter:
    get, count = arguments[0], int(_constant(call, 1))
    return lambda item, content, part: get(item, content, part)[:count]


def _constant(call: Call, place: int) -> str:
    """A plain text that was seen to be one when the expression was read."""
    argument = call.arguments[place]
    return argument.value if isinstance(argument, Text) else ""


def _digits(text: str) -> tuple[str, str, str]:
    """Sign, digits before and digits after the point."""
    if not _NUMBER.fullmatch(text):
        raise Unfit("value_unfit", f"is {text!r}, which is no number", "give a number such as 12.50")
    whole, _, rest = text.removeprefix("-").partition(".")
    negative = text.startswith("-") and bool((whole + rest).strip("0"))
    return "-" if negative else "", whole, rest


CALLS: Mapping[str, Maker] = {
    "concat": _concat,
    "if_empty": _if_empty,
    "map": _map,
    "date": _date,
    "number": _number,
    "cents": _cents,
    "signed": _turning("credit_note"),
    "inverted": _turning("invoice"),
    "absolute": _absolute,
    "left": _left,
}
"""By the name in an expression."""
MAY_FAIL = frozenset(CALLS) - {"concat", "if_empty", "left"}
