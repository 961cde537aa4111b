"""XLSX: the rows of a mapping as a workbook of one sheet, streamed."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from models.columns import Layout, default_layout
from models.errors import InvalidInput
from worker.formats import ACH, OTHER, Batch, Format, Item, Items, Problem, Totals, damaged
from worker.formats.reading import TableReading
from worker.formats.rows import Rows
from worker.formats.sums import Tally
from worker.formats.xlsx import limits, parts, reading, sheet

_BLOCK = 400  # rows that are put together before they are compressed
_LARGEST = (1 << 31) - (1 << 20)
_LEVEL = 1  # a fifth larger than the usual 6, and done in a third of the time


class Xlsx(Format):
    """A workbook for spreadsheet programs; a layout's marks and quotation mean nothing here.

    Amounts, quantities and rates are numbers with every digit they have, days are days, and all else is
    text, so that account numbers keep their zeros and nothing is taken for a formula. The header is bold, and
    its row stays in sight. What Excel cannot hold is a finding: a text of more than 32,767 characters, a
    number of more than 15 digits, control characters, more than 1,048,576 rows.
    """

    key = "xlsx"
    title = "XLSX"
    extension = "xlsx"
    routes = frozenset({ACH, OTHER})
    uses_columns = True

    def check_settings(
        self, values: Mapping[str, str | int | bool | None], columns: Layout | None
    ) -> list[Problem]:
        """A mapping whose rows are not those of a table."""
        del values
        return limits.of_layout(columns)

    def problem(self, item: Item, batch: Batch) -> Problem | None:
        """A value that does not suit its column, or that no cell can hold."""
        return next(iter(self.findings(item, batch)), None)

    def findings(self, item: Item, batch: Batch) -> list[Problem]:
        """The same, of every column."""
        layout = _layout(batch)
        rows = Rows(layout, batch)
        return list(rows.findings(item)) or list(limits.of_cells(item, rows, layout))

    def problems(self, items: Iterable[Item], batch: Batch) -> Iterator[tuple[int, Problem]]:
        """Each item that cannot be carried, alone or because the sheet is full."""
        layout = _layout(batch)
        return limits.problems(items, Rows(layout, batch), layout)

    def write(self, batch: Batch, items: Items, out: BinaryIO) -> Totals:
        """Write the workbook."""
        layout = _layout(batch)
        tally = Tally(layout)
        # Members named by a text are dated 1980: the same job gives the same bytes.
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
            for name, text in parts.fixed((batch.columns or layout).date_format).items():
                archive.writestr(zipfile.ZipInfo(name), text)
            with archive.open(parts.SHEET, "w") as member:
                for block in _blocks(_sheet(batch, layout, items, tally)):
                    member.write(block)
        return tally.totals()

    def read_back(self, path: Path, batch: Batch) -> Totals:
        """Read the sheet's rows; count, and sum the amount columns there are."""
        layout = _layout(batch)
        try:
            return TableReading(layout, batch.route).of(reading.rows(path, layout.columns))
        except (ValueError, ArithmeticError) as error:
            raise damaged(path, str(error)) from error


def _layout(batch: Batch) -> Layout:
    """The layout with values as a sheet wants them: unmarked, for it marks them itself."""
    layout = batch.columns or default_layout(batch.route)
    return replace(layout, decimal_mark=".", date_format="YYYY-MM-DD", formula_guard=False)


def _sheet(batch: Batch, layout: Layout, items: Items, tally: Tally) -> Iterator[str]:
    kinds, rows = [sheet.kind_of(column) for column in layout.columns], Rows(layout, batch)
    columns = list(zip(sheet.letters(len(kinds)), (kind.cell for kind in kinds), strict=True))
    yield parts.opening([kind.style for kind in kinds], layout.header)
    number = int(layout.header)
    if layout.header:
        yield sheet.header(columns, [column.header for column in layout.columns])
    for item in items():
        made = rows.of(item)
        tally.add(item, made)
        for cells in made:
            number += 1
            yield sheet.row(number, columns, cells)
    yield parts.CLOSING


def _blocks(texts: Iterator[str]) -> Iterator[bytes]:
    size = 0
    while block := "".join(islice(texts, _BLOCK)).encode():
        size += len(block)
        if size > _LARGEST:
            raise InvalidInput(
                "the sheet would be larger than the 2 GiB that spreadsheet programs open",
                remedy="export fewer invoices at once, or choose CSV",
                code="file_too_large",
            )
        yield block
