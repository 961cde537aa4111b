"""Rows of text as rows of a sheet: numbers as they are, days as serial numbers, all else as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from models.columns import Column
from models.document_fields import ValueKind
from worker.formats.xlsx import parts

_NEEDS_CARE = re.compile(r"[&<>\r\n]|^\s|\s$|_x[0-9A-Fa-f]{4}_")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_FIRST_DAY = date(1899, 12, 30).toordinal()
"""Day 0 of the 1900 system, as all programs count it since its leap year that never was."""

Cell = Callable[[str], str]


class Kind(NamedTuple):
    """How the cells of one column are written: from a text to what follows the cell's place."""

    style: int
    cell: Cell


def kind_of(column: Column) -> Kind:
    """A number only where the column is one: account numbers and leading zeros are text."""
    if column.constant is not None or column.kind is ValueKind.TEXT:
        return Kind(parts.TEXT, _text)
    if column.kind is ValueKind.DATE:
        return Kind(parts.DATE, _day)
    if column.kind is ValueKind.AMOUNT:
        return Kind(parts.DECIMALS[2], _amount)
    return (
        Kind(parts.INTEGER, _integer) if column.kind is ValueKind.INTEGER else Kind(parts.GENERAL, _decimal)
    )


def letters(count: int) -> list[str]:
    """What the first so many columns are called: A, B, ... Z, AA, AB, ..."""
    found = []
    for place in range(count):
        name, rest = "", place + 1
        while rest:
            rest, letter = divmod(rest - 1, 26)
            name = f"{chr(ord('A') + letter)}{name}"
        found.append(name)
    return found


def row(number: int, columns: Sequence[tuple[str, Cell]], cells: Sequence[str]) -> str:
    """One row; `columns`: what each is called, and how its cells are written."""
    inside = "".join(
        [
            f'<c r="{name}{number}"{cell(text) if text else "/>"}'
            for (name, cell), text in zip(columns, cells, strict=True)
        ]
    )
    return f'<row r="{number}">{inside}</row>'


def header(columns: Sequence[tuple[str, Cell]], cells: Sequence[str]) -> str:
    """The row of headers."""
    texts = [_text(cell).replace(f's="{parts.TEXT}"', f's="{parts.HEADER}"', 1) for cell in cells]
    inside = "".join(f'<c r="{name}1"{text}' for (name, _), text in zip(columns, texts, strict=True))
    return f'<row r="1">{inside}</row>'


def _text(text: str) -> str:
    if _NEEDS_CARE.search(text) is None:
        return f' s="2" t="inlineStr"><is><t>{text}</t></is></c>'
    # A text that reads like an escape of Excel's is escaped itself (ECMA-376 part 1, 22.9.2.19).
    plain = _LOOKS_ESCAPED.sub("_x005F_", text).replace("&", "&amp;").replace("<", "&lt;")
    plain = plain.replace(">", "&gt;").replace("\r", "&#13;")
    return f' s="2" t="inlineStr"><is><t xml:space="preserve">{plain}</t></is></c>'


@lru_cache(maxsize=8192)
def _day(text: str) -> str:
    return f' s="3"><v>{date.fromisoformat(text).toordinal() - _FIRST_DAY}</v></c>'


def _amount(text: str) -> str:
    decimals = len(text) - text.find(".") - 1 if "." in text else 0
    return f' s="{parts.DECIMALS.get(decimals, parts.GENERAL)}"><v>{text}</v></c>'


def _integer(text: str) -> str:
    return f' s="4"><v>{text}</v></c>'


def _decimal(text: str) -> str:
    return f' s="5"><v>{text}</v></c>'
