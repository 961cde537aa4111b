"""What a sheet cannot hold (Excel's published limits), found before anything is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from models.columns import Column, Layout
from models.document_fields import ValueKind
from worker.formats import Item, Problem
from worker.formats.cells import NUMERIC
from worker.formats.rows import Rows

ROWS = 1_048_576
LONGEST_TEXT = 32_767
DIGITS = 15
# Characters that XML 1.0 has no way to write.
_IMPOSSIBLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# The same as they stand in canonical JSON, where control characters are escaped and no others are.
_SUSPECT = re.compile("\\\\u00[01]|\\\\[bf]|[\ud800-\udfff\ufffe\uffff]")
_FIRST_DAY = "1900-03-01"
"""Before it spreadsheet programs count the days of 1900 by one too many, or show none."""
_EARLY = re.compile(r'"(?:0\d\d\d|1[0-8]\d\d|1900-0[12])-')
_MANY_DIGITS = re.compile(r"\d[\d.]{15}")


def of_layout(layout: Layout | None) -> list[Problem]:
    """Rows that are not those of a table belong into text files."""
    if layout is None or not (layout.first or layout.after or layout.last):
        return []
    return [
        Problem(
            code="rows_of_other_columns",
            reason="its mapping has rows of other columns (first, after or last)",
            remedy="choose a mapping without them, or CSV",
        )
    ]


def problems(items: Iterable[Item], rows: Rows, layout: Layout) -> Iterator[tuple[int, Problem]]:
    """Each item that cannot be carried. Only what looks suspicious is made to be looked at closely."""
    taken = int(layout.header)
    refused = dict[int, Problem]()

    def passing() -> Iterator[Item]:
        nonlocal taken
        for item in items:
            found = next(of_cells(item, rows, layout), None) if _suspicious(item) else None
            count = 0 if found else rows.count(item)
            if found is None and taken + count > ROWS:
                found = _full(item)
            if found is None:
                taken += count
                yield item
            else:
                refused[item.item_id] = found

    yield from rows.problems(passing())
    yield from refused.items()


def of_cells(item: Item, rows: Rows, layout: Layout) -> Iterator[Problem]:
    """What of an item no cell can hold, once for each column."""
    told = set[int]()
    for row in rows.of(item):
        for place, (column, text) in enumerate(zip(layout.columns, row, strict=True)):
            if place not in told and (found := _unfit(column, text, item)) is not None:
                told.add(place)
                yield found


def _suspicious(item: Item) -> bool:
    content = item.content_json
    if len(content) > LONGEST_TEXT or _SUSPECT.search(content) or _MANY_DIGITS.search(content):
        return True
    if _EARLY.search(content) or min(item.issue_date, item.due_date or item.issue_date) < _FIRST_DAY:
        return True
    return _IMPOSSIBLE.search(f"{item.number}{item.party_number}{item.party_name}") is not None


def _unfit(column: Column, text: str, item: Item) -> Problem | None:
    if column.kind in NUMERIC and column.constant is None:
        return _too_precise(column, text, item) if sum(map(str.isdigit, text)) > DIGITS else None
    if column.kind is ValueKind.DATE and column.constant is None:
        return _too_early(column, text, item) if text and text < _FIRST_DAY else None
    if len(text) > LONGEST_TEXT:
        reason = f"is longer ({len(text):,}) than the {LONGEST_TEXT:,} characters of a cell"
        return _found("cell_too_long", column, item, reason, "leave the column out, or show left(…) in it")
    if (found := _IMPOSSIBLE.search(text)) is not None:
        reason = f"has the character U+{ord(found[0]):04X}, which no workbook can hold"
        return _found("character_not_carried", column, item, reason, "take it out of the invoice")
    return None


def _too_precise(column: Column, text: str, item: Item) -> Problem:
    reason = f"is {text}: spreadsheets keep {DIGITS} digits of a number"
    return _found("too_many_digits", column, item, reason, "set the column's kind to text")


def _too_early(column: Column, text: str, item: Item) -> Problem:
    reason = f"is {text}: spreadsheets know days from {_FIRST_DAY} on"
    return _found("day_too_early", column, item, reason, "set the column's kind to text, or correct the day")


def _full(item: Item) -> Problem:
    return Problem(
        code="file_full",
        reason=f"invoice {item.number} of {item.party_name} comes after the {ROWS:,} rows of a sheet",
        remedy="nothing: it waits for the next run; schedule more of them, or choose CSV",
    )


def _found(code: str, column: Column, item: Item, what: str, remedy: str) -> Problem:
    named = f"invoice {item.number} of {item.party_name}"
    reason = f"column {column.header!r}: the value of {named} {what}"
    return Problem(code=code, reason=reason, remedy=remedy, column=column.header)
