"""Comma-separated values: rows per invoice, line, tax or booking, laid out by a mapping."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal

from models.columns import Charset, Layout, LineEnd, Quoting, default_layout
from worker.formats import ACH, OTHER, Batch, Format, Item, Items, Problem, Totals, damaged
from worker.formats.cells import NUMERIC
from worker.formats.reading import TableReading
from worker.formats.rows import Rows
from worker.formats.sums import Tally

_QUOTING: dict[Quoting, Literal[0, 1, 2]] = {
    Quoting.MINIMAL: csv.QUOTE_MINIMAL,
    Quoting.ALL: csv.QUOTE_ALL,
    Quoting.NONNUMERIC: csv.QUOTE_NONNUMERIC,
}
_LINE_ENDS = {LineEnd.CRLF: "\r\n", LineEnd.LF: "\n"}
# The reader's own limit, 128 KiB a cell, is less than a note may hold.
_CELL_LIMIT = 1 << 30


class _Number(str):
    """Text that the csv module takes for a number, so that "all but numbers" leaves it unquoted."""

    __slots__ = ()

    def __float__(self) -> float:
        raise TypeError("money is not a float")


class Csv(Format):
    """CSV for spreadsheets and importers; every option stands in the mapping (docs/mappings.md).

    Text cells that a spreadsheet would take for a formula begin with ' (`formula_guard`). With LF as the
    line end, line breaks inside cells are LF too.
    """

    key = "csv"
    title = "CSV"
    extension = "csv"
    routes = frozenset({ACH, OTHER})
    uses_columns = True

    def problem(self, item: Item, batch: Batch) -> Problem | None:
        """A value that is missing or does not suit its column."""
        return Rows(_layout(batch), batch).problem(item)

    def findings(self, item: Item, batch: Batch) -> list[Problem]:
        """The same, of every column."""
        return list(Rows(_layout(batch), batch).findings(item))

    def problems(self, items: Iterable[Item], batch: Batch) -> Iterator[tuple[int, Problem]]:
        """Each item that cannot be carried."""
        rows = Rows(_layout(batch), batch)
        return rows.problems(items) if rows.may_refuse else iter(())

    def write(self, batch: Batch, items: Items, out: BinaryIO) -> Totals:
        """Write the header and the rows."""
        layout = _layout(batch)
        tally, rows = Tally(layout), Rows(layout, batch)
        text = io.TextIOWrapper(out, codec(layout), newline="")
        quoting, line_end = _QUOTING[layout.quoting], _LINE_ENDS[layout.line_end]
        writer = csv.writer(text, delimiter=layout.delimiter, quoting=quoting, lineterminator=line_end)
        writer.writerows(rows.first())
        if layout.header:
            writer.writerow([column.header for column in layout.columns])
        writer.writerows(_written(items(), rows, layout, tally))
        writer.writerows(rows.last(*tally.facts()) if layout.last else [])
        text.flush()
        text.detach()
        return tally.totals()

    def read_back(self, path: Path, batch: Batch) -> Totals:
        """Read the rows with the mapping's own options; count, and sum the amount columns there are."""
        layout = _layout(batch)
        csv.field_size_limit(_CELL_LIMIT)
        with path.open(encoding=codec(layout), newline="") as text:
            rows = csv.reader(text, delimiter=layout.delimiter, strict=True)
            try:
                return TableReading(layout, batch.route).of(rows)
            except (csv.Error, ValueError, ArithmeticError) as error:
                raise damaged(path, f"line {rows.line_num}: {error}") from error


def codec(layout: Layout) -> str:
    """How the file's characters are written."""
    if layout.charset is Charset.UTF_8:
        return "utf-8-sig" if layout.bom else "utf-8"
    return {Charset.WINDOWS_1252: "cp1252"}.get(layout.charset, layout.charset)


def _layout(batch: Batch) -> Layout:
    return batch.columns or default_layout(batch.route)


def _written(items: Iterable[Item], rows: Rows, layout: Layout, tally: Tally) -> Iterator[list[str]]:
    numeric = [column.kind in NUMERIC for column in layout.columns]
    mark_numbers = layout.quoting is Quoting.NONNUMERIC
    keep_returns = layout.line_end is LineEnd.CRLF
    follows = bool(layout.after)
    for item in items:
        made = rows.of(item)
        tally.add(item, made)
        for row in made:
            if not keep_returns:
                row = [_plain_breaks(cell) if "\r" in cell else cell for cell in row]
            if mark_numbers:
                row = [_Number(cell) if number else cell for cell, number in zip(row, numeric, strict=True)]
            yield row
        if follows:
            yield from rows.after(item)


def _plain_breaks(cell: str) -> str:
    return cell.replace("\r\n", "\n").replace("\r", "\n")
