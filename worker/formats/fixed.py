"""Fixed width: each column so many characters, as banks want positive pay and check files."""

from __future__ import annotations

import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from models.columns import Column, Justify, Layout, LineEnd
from models.errors import InvalidInput
from worker.formats import ACH, OTHER, Batch, Format, Item, Items, Problem, Totals, damaged
from worker.formats.cells import NUMERIC
from worker.formats.csv import codec
from worker.formats.reading import TableReading
from worker.formats.rows import Rows
from worker.formats.sums import Tally

_LINE_ENDS = {LineEnd.CRLF: "\r\n", LineEnd.LF: "\n"}


class Fixed(Format):
    """Lines of one length; every column of the mapping says its `width`, `justify` and `fill`.

    There are no separators and no quotation marks, so a value that is longer than its column or holds a line
    break fails its invoice. Numbers filled with zeros have their minus first.
    """

    key = "fixed"
    title = "Fixed width"
    extension = "txt"
    routes = frozenset({ACH, OTHER})
    uses_columns = True

    def check_settings(
        self, values: Mapping[str, str | int | bool | None], columns: Layout | None
    ) -> list[Problem]:
        """A mapping whose columns do not say how wide they are."""
        del values
        if columns is None:
            return [_layout_problem("it has no mapping", "choose one whose columns have a width")]
        return list(_wrong(columns))

    def problem(self, item: Item, batch: Batch) -> Problem | None:
        """A value that does not suit its column."""
        return next(iter(self.findings(item, batch)), None)

    def findings(self, item: Item, batch: Batch) -> list[Problem]:
        """The same, of every column."""
        layout = _layout(batch)
        rows = Rows(layout, batch)
        return list(rows.findings(item)) or list(_broken(item, rows, layout))

    def problems(self, items: Iterable[Item], batch: Batch) -> Iterator[tuple[int, Problem]]:
        """Each item that cannot be carried."""
        layout = _layout(batch)
        rows = Rows(layout, batch)
        refused: list[tuple[int, Problem]] = []

        def whole() -> Iterator[Item]:
            for item in items:
                found = next(rows.findings(item), None) or next(_broken(item, rows, layout), None)
                if found is None:
                    yield item
                else:
                    refused.append((item.item_id, found))

        yield from rows.problems(whole())
        yield from refused

    def write(self, batch: Batch, items: Items, out: BinaryIO) -> Totals:
        """Write the lines."""
        layout = _layout(batch)
        tally, rows = Tally(layout), Rows(layout, batch)
        code, end = codec(layout), _LINE_ENDS[layout.line_end]

        def put(columns: Sequence[Column], made: Iterable[Sequence[str]]) -> None:
            for cells in made:
                line = "".join(_padded(column, cell) for column, cell in zip(columns, cells, strict=True))
                out.write(f"{line}{end}".encode(code))

        for columns, cells in zip(layout.first, rows.first(), strict=True):
            put(columns, [cells])
        if layout.header:
            headers = [replace(column, fill=" ") for column in layout.columns]
            put(headers, [[column.header for column in layout.columns]])
        for item in items():
            made = rows.of(item)
            tally.add(item, made)
            put(layout.columns, made)
            for columns, cells in zip(layout.after, rows.after(item), strict=True):
                put(columns, [cells])
        if layout.last:
            for columns, cells in zip(layout.last, rows.last(*tally.facts()), strict=True):
                put(columns, [cells])
        return tally.totals()

    def read_back(self, path: Path, batch: Batch) -> Totals:
        """Cut the lines at the columns' widths; count, and sum the amount columns there are."""
        layout = _layout(batch)
        try:
            return TableReading(layout, batch.route).of(_cut_lines(path, layout))
        except (ValueError, ArithmeticError) as error:
            raise damaged(path, str(error)) from error


def _layout(batch: Batch) -> Layout:
    if batch.columns is None:
        raise InvalidInput("fixed-width files need a mapping", remedy="choose one whose columns have a width")
    return replace(batch.columns, formula_guard=False, bom=False)


def _wrong(layout: Layout) -> Iterator[Problem]:
    for columns in (layout.columns, *layout.first, *layout.after, *layout.last):
        for place, column in enumerate(columns, start=1):
            if column.width is None:
                named = repr(column.header) if column.header else f"{place}"
                yield _layout_problem(f"its column {named} has no width", "give it one: waybill mapping edit")
    for column in layout.columns if layout.header else ():
        if column.width is not None and len(column.header) > column.width:
            what = f"the header {column.header!r} is longer than its column"
            yield _layout_problem(what, "shorten it, or set header to false")
    if any(_length(row) == _length(layout.columns) for row in layout.after):
        yield _layout_problem("a row after each invoice is as long as its own", "give it another length")


def _length(columns: Sequence[Column]) -> int:
    return sum(column.width or 0 for column in columns)


def _layout_problem(what: str, remedy: str) -> Problem:
    return Problem(code="columns_without_width", reason=what, remedy=remedy)


def _broken(item: Item, rows: Rows, layout: Layout) -> Iterator[Problem]:
    """Characters that would end the line, or take no room in it."""
    for row in rows.of(item):
        for column, text in zip(layout.columns, row, strict=True):
            strange = next((char for char in text if unicodedata.category(char) in ("Cc", "Zl", "Zp")), None)
            if strange is not None:
                yield Problem(
                    code="character_not_carried",
                    reason=f"column {column.header!r}: the value of invoice {item.number} has the character "
                    f"U+{ord(strange):04X}, which a line cannot hold",
                    remedy="take it out of the invoice, or the column out of the mapping",
                    column=column.header,
                )
                return


def _padded(column: Column, text: str) -> str:
    width = column.width or 0
    if column.justify is Justify.LEFT:
        return text.ljust(width, column.fill)
    return text.zfill(width) if column.fill == "0" else text.rjust(width, column.fill)


def _cut_lines(path: Path, layout: Layout) -> Iterator[list[str]]:
    """Each line as its cells; its place, or after an invoice its length, tells which columns it has."""
    kinds = {_length(columns): columns for columns in (*layout.after, layout.columns)}
    waiting, number = deque[str](), 0
    for each in _lines(path, layout):
        waiting.append(each)
        if len(waiting) <= len(layout.last):
            continue
        line = waiting.popleft()
        if number < len(layout.first):
            yield _cut(line, layout.first[number])
        elif layout.header and number == len(layout.first):
            yield _cut(line, [replace(column, fill=" ") for column in layout.columns])
        else:
            yield _cut(line, kinds.get(len(line), layout.columns))
        number += 1
    for line, columns in zip(waiting, layout.last, strict=False):
        yield _cut(line, columns)


def _lines(path: Path, layout: Layout) -> Iterator[str]:
    end = _LINE_ENDS[layout.line_end]
    with path.open(encoding=codec(layout), newline="\n") as text:
        for line in text:
            if not line.endswith(end):
                raise ValueError("a line does not end as it should")
            yield line.removesuffix(end)


def _cut(line: str, columns: Sequence[Column]) -> list[str]:
    cells, place = [], 0
    for column in columns:
        end = place + (column.width or 0)
        cells.append(_bare(column, line[place:end]))
        place = end
    if place != len(line):
        raise ValueError(f"a line of {len(line)} characters instead of {place}")
    return cells


def _bare(column: Column, text: str) -> str:
    fill = column.fill
    if column.justify is Justify.LEFT:
        return text.rstrip(fill)
    sign = "-" if fill == "0" and text.startswith("-") else ""
    bare = text.removeprefix(sign).lstrip(fill)
    if fill == "0" and column.kind in NUMERIC and not bare[:1].isdigit():
        bare = f"0{bare}"
    return f"{sign}{bare}"
