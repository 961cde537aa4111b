"""Whether a value fits its column: there at all, of its kind, not too long, of characters the file has."""

from __future__ import annotations

import re
from datetime import date

from models.columns import Charset, Column, Layout
from models.document_fields import ValueKind
from models.errors import InvalidInput
from worker.formats import Item, Problem
from worker.formats.parts import Content, Getter, Part, Unfit

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_SHAPES = {
    ValueKind.AMOUNT: (_NUMBER, "an amount such as 12.50"),
    ValueKind.DECIMAL: (_NUMBER, "a number such as 12.5"),
    ValueKind.INTEGER: (re.compile(r"-?\d+", re.ASCII), "a whole number"),
    ValueKind.DATE: (re.compile(r"\d{4}-\d\d-\d\d", re.ASCII), "a date such as 2026-01-31"),
}


class Fitting:
    """What one column asks of a value."""

    def __init__(self, column: Column, layout: Layout) -> None:
        self._column = column
        self._charset = layout.charset
        self._of_cell = self.needed(column, layout)
        self._shape = _SHAPES.get(column.kind)

    @staticmethod
    def needed(column: Column, layout: Layout) -> bool:
        """Whether there is anything to be asked of every value."""
        return column.constant is None and (column.width is not None or layout.charset is not Charset.UTF_8)

    def problem(self, get: Getter, cell: Getter, item: Item, content: Content, part: Part) -> Problem | None:
        """Why the value of one part of an item cannot stand in the column, written as its cell is."""
        try:
            text = get(item, content, part)
        except Unfit as error:
            return self._found(error.code, f"the value of {_named(item)} {error}", error.remedy)
        if not text:
            return self._missing(item) if self._column.required else None
        if (found := self._misshapen(text, item)) is not None or not self._of_cell:
            return found
        written = cell(item, content, part)
        return self._too_long(written, item) or self._strange(written, item)

    def _missing(self, item: Item) -> Problem:
        column = self._column
        if column.is_custom:
            return self._found(
                "mapping_column_missing",
                f"the mapping's column {column.header!r} shows {column.source}, and {_named(item)} has none",
                "take the column out of the mapping or make it not required (waybill mapping edit), "
                "or add it to the invoice",
            )
        shown = column.source or column.value
        return self._found(
            "value_missing",
            f"{_named(item)} has no {shown}, which the mapping's column {column.header!r} requires",
            f"{_where_given(column.source)}, or make the column not required (waybill mapping edit)",
        )

    def _misshapen(self, text: str, item: Item) -> Problem | None:
        if self._shape is None:
            return None
        pattern, wanted = self._shape
        if pattern.fullmatch(text) and self._is_day(text):
            return None
        shown = self._column.source or "the value"
        return self._found(
            "value_unfit",
            f"{shown} of {_named(item)} is {text!r}; the column {self._column.header!r} wants {wanted}",
            "correct the value, or set the column's kind to text",
            text,
        )

    def _is_day(self, text: str) -> bool:
        if self._column.kind is not ValueKind.DATE:
            return True
        try:
            date.fromisoformat(text)
        except ValueError:
            return False
        return True

    def _too_long(self, text: str, item: Item) -> Problem | None:
        width = self._column.width
        if width is None or len(text) <= width:
            return None
        return self._found(
            "value_too_long",
            f"the value of {_named(item)} has {len(text):,} characters, the column {self._column.header!r} "
            f"takes {width:,}: {text[:60]!r}",
            f"shorten it, or show left(…, {width}) in the column (waybill mapping edit)",
            text,
        )

    def _strange(self, text: str, item: Item) -> Problem | None:
        if not (mark := self._charset.lacks(text)):
            return None
        return self._found(
            "character_not_carried",
            f"the value of {_named(item)} has {mark!r} (U+{ord(mark):04X}), which {self._charset} lacks: "
            f"{text[:60]!r}",
            "write it otherwise, or choose another charset in the mapping",
            text,
        )

    def checked(self, text: str) -> str:
        """A cell of a row that belongs to no invoice; raises `InvalidInput` where it does not fit."""
        column = self._column
        shown = column.source or column.value or repr(column.constant)
        if column.width is not None and len(text) > column.width:
            what = f"{shown} is {text!r}, and its column takes {column.width} characters"
            raise InvalidInput(what, remedy="give it more room (waybill mapping edit)", code="value_too_long")
        if mark := self._charset.lacks(text):
            what = f"{shown} is {text!r}: {self._charset} lacks {mark!r}"
            remedy = "choose another charset in the mapping"
            raise InvalidInput(what, remedy=remedy, code="character_not_carried")
        return text

    def _found(self, code: str, reason: str, remedy: str, value: str = "") -> Problem:
        column = self._column
        if column.header and repr(column.header) not in reason:
            reason = f"column {column.header!r}: {reason}"
        return Problem(code=code, reason=reason, remedy=remedy, column=column.header, value=value[:200])


def _where_given(field: str | None) -> str:
    """How an invoice gets a value: the number in our own books is the party's, and on no invoice."""
    if field == "party.number":
        return "give the party its number (waybill party edit PARTY --number …)"
    return "give the invoice the value"


def _named(item: Item) -> str:
    return f"invoice {item.number} of {item.party_name}"
