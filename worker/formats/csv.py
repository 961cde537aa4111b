"""Comma-separated values: one row per invoice or per line, laid out by a mapping."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, Literal

from models.columns import Layout, LineEnd, Quoting, RowsPer, Sign, default_layout
from models.document_fields import ValueKind
from models.fields import minor_digits
from worker.formats import ACH, OTHER, Batch, Format, Item, Items, Problem, Totals, damaged
from worker.formats.rows import NUMERIC, Rows

_QUOTING: dict[Quoting, Literal[0, 1, 2]] = {
    Quoting.MINIMAL: csv.QUOTE_MINIMAL,
    Quoting.ALL: csv.QUOTE_ALL,
    Quoting.NONNUMERIC: csv.QUOTE_NONNUMERIC,
}
_LINE_ENDS = {LineEnd.CRLF: "\r\n", LineEnd.LF: "\n"}
_PAYABLE = ("totals.payable", "signed_payable")
# The reader's own limit, 128 KiB a cell, is less than a note may hold.
_CELL_LIMIT = 1 << 30


class _Number(str):
    """Text that the csv module takes for a number, so that "all but numbers" leaves it unquoted."""

    __slots__ = ()

    def __float__(self) -> float:
        raise TypeError("money is not a float")


class Csv(Format):
    """CSV for spreadsheets and importers; every option stands in the mapping's layout (`models.columns`).

    UTF-8. Text cells that a spreadsheet would take for a formula begin with ' (`formula_guard`). With LF as
    the line end, line breaks inside cells are LF too.
    """

    key = "csv"
    title = "CSV"
    extension = "csv"
    routes = frozenset({ACH, OTHER})
    uses_columns = True

    def problem(self, item: Item, batch: Batch) -> Problem | None:
        """A required value that is missing, or one that is not of its column's kind."""
        return Rows(_layout(batch), batch).problem(item)

    def problems(self, items: Iterable[Item], batch: Batch) -> Iterator[tuple[int, Problem]]:
        """Each item that cannot be carried."""
        rows = Rows(_layout(batch), batch)
        if not rows.may_refuse:
            return
        for item in items:
            if (found := rows.problem(item)) is not None:
                yield item.item_id, found

    def write(self, batch: Batch, items: Items, out: BinaryIO) -> Totals:
        """Write the header and the rows."""
        layout = _layout(batch)
        tally = _Tally(layout)
        text = io.TextIOWrapper(out, "utf-8-sig" if layout.bom else "utf-8", newline="")
        quoting, line_end = _QUOTING[layout.quoting], _LINE_ENDS[layout.line_end]
        writer = csv.writer(text, delimiter=layout.delimiter, quoting=quoting, lineterminator=line_end)
        if layout.header:
            writer.writerow([column.header for column in layout.columns])
        writer.writerows(_written(items(), Rows(layout, batch), layout, tally))
        text.flush()
        text.detach()
        return tally.totals()

    def read_back(self, path: Path, batch: Batch) -> Totals:
        """Read the rows with the mapping's own options; count, and sum the amount column where there is one.

        Items and sums are told when the columns allow it: rows per invoice (or an `invoice_id`), and an
        amount column whose sign and currency are known from the row or the route.
        """
        layout = _layout(batch)
        csv.field_size_limit(_CELL_LIMIT)
        with path.open(encoding="utf-8-sig" if layout.bom else "utf-8", newline="") as text:
            rows = csv.reader(text, delimiter=layout.delimiter, strict=True)
            try:
                return _Reading(layout, batch.route).of(rows)
            except (csv.Error, ValueError) as error:
                raise damaged(path, f"line {rows.line_num}: {error}") from error


def _layout(batch: Batch) -> Layout:
    return batch.columns or default_layout(batch.route)


def _written(items: Iterable[Item], rows: Rows, layout: Layout, tally: _Tally) -> Iterator[list[str]]:
    numeric = [column.kind in NUMERIC for column in layout.columns]
    mark_numbers = layout.quoting is Quoting.NONNUMERIC
    keep_returns = layout.line_end is LineEnd.CRLF
    for item in items:
        made = rows.of(item)
        tally.add(item, len(made))
        for row in made:
            if not keep_returns:
                row = [_plain_breaks(cell) if "\r" in cell else cell for cell in row]
            if mark_numbers:
                row = [_Number(cell) if number else cell for cell, number in zip(row, numeric, strict=True)]
            yield row


def _plain_breaks(cell: str) -> str:
    return cell.replace("\r\n", "\n").replace("\r", "\n")


class _Tally:
    """What has been written, summed as it goes."""

    def __init__(self, layout: Layout) -> None:
        self._items = 0
        self._records = 0
        self._column = _amount_column(layout)
        self._sums: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._shown: defaultdict[tuple[str, str], int] = defaultdict(int)

    def add(self, item: Item, rows: int) -> None:
        """Count one item, written as so many rows."""
        self._items += 1
        self._records += rows
        key = (item.currency, item.document_type)
        self._sums[key] += item.amount
        self._shown[key] += item.amount * rows

    def totals(self) -> Totals:
        """The totals of all that was added."""
        sums: dict[str, int] = {}
        for (currency, kind), minor in self._sums.items():
            sums[currency] = sums.get(currency, 0) + (-minor if kind == "credit_note" else minor)
        return Totals(items=self._items, records=self._records, sums=sums, control=self._control())

    def _control(self) -> dict[str, str | int]:
        if self._column is None:
            return {}
        turned = _TURNED[self._column[1]]
        shown = Decimal(0)
        for (currency, kind), minor in self._shown.items():
            shown += Decimal(-minor if kind == turned else minor).scaleb(-minor_digits(currency))
        return {"amount_column": f"{shown:f}"}


_TURNED = {Sign.DOCUMENT: "", Sign.SIGNED: "credit_note", Sign.INVERTED: "invoice"}


def _amount_column(layout: Layout) -> tuple[int, Sign] | None:
    """Where the payable amount stands, and which of them are negative there."""
    for place, column in enumerate(layout.columns):
        if column.source in _PAYABLE:
            return place, Sign.SIGNED if column.source == "signed_payable" else column.sign
    return None


class _Reading:
    """One pass over the rows of a file."""

    def __init__(self, layout: Layout, route: str) -> None:
        self._layout = layout
        self._places = {column.source: place for place, column in enumerate(layout.columns)}
        self._identity = self._identifying(layout)
        self._amount = _amount_column(layout)
        self._currency = self._places.get("currency")
        self._fixed_currency = "USD" if route == ACH else ""
        self._records = 0
        self._items = 0
        self._last: list[str] | None = None
        self._shown: defaultdict[int, int] = defaultdict(int)
        self._sums: defaultdict[str, int] = defaultdict(int)

    def of(self, rows: Iterator[list[str]]) -> Totals:
        """The totals of the rows; raises `ValueError` for one that is not of the layout."""
        headers = [column.header for column in self._layout.columns]
        if self._layout.header and (first := next(rows, None)) != headers:
            raise ValueError(f"the header is {first!r}")
        width = len(headers)
        for row in rows:
            if len(row) != width:
                raise ValueError(f"{len(row)} cells instead of {width}")
            self._records += 1
            self._count(row)
        shown = sum((Decimal(whole).scaleb(-scale) for scale, whole in self._shown.items()), Decimal(0))
        return Totals(
            items=self._items if self._tells_items else None,
            records=self._records,
            sums=dict(self._sums) if self._tells_sums else None,
            control={} if self._amount is None else {"amount_column": f"{shown:f}"},
        )

    @property
    def _tells_items(self) -> bool:
        return self._layout.rows is RowsPer.INVOICE or bool(self._identity)

    @property
    def _tells_sums(self) -> bool:
        if self._amount is None or not self._tells_items:
            return False
        knows_sign = self._amount[1] is not Sign.DOCUMENT or "document_type" in self._places
        return knows_sign and (self._currency is not None or bool(self._fixed_currency))

    def _identifying(self, layout: Layout) -> list[int]:
        """The places that tell one invoice's rows from the next one's, where rows are per line."""
        if layout.rows is RowsPer.INVOICE:
            return []
        for names in (("invoice_id",), ("number", "party.number", "document_type")):
            if all(name in self._places for name in names):
                return [self._places[name] for name in names]
        return []

    def _count(self, row: list[str]) -> None:
        amount = self._add_shown(row)
        if self._identity:
            own = [row[place] for place in self._identity]
            if own == self._last:
                return
            self._last = own
        self._items += 1
        if amount is not None and self._tells_sums:
            self._add_sum(row, *amount)

    def _add_shown(self, row: list[str]) -> tuple[int, int] | None:
        if self._amount is None:
            return None
        place = self._amount[0]
        in_text = self._layout.columns[place].kind is ValueKind.TEXT
        mark = "." if in_text else self._layout.decimal_mark
        whole, _, decimals = row[place].partition(mark)
        units = int(whole + decimals)
        self._shown[len(decimals)] += units
        return units, len(decimals)

    def _add_sum(self, row: list[str], units: int, scale: int) -> None:
        currency = self._fixed_currency if self._currency is None else row[self._currency]
        if scale != minor_digits(currency):
            raise ValueError(f"an amount in {currency} with {scale} decimals")
        self._sums[currency] += -units if self._is_turned(row) else units

    def _is_turned(self, row: list[str]) -> bool:
        """Whether the sign in the row is not the one the amount is summed with."""
        sign = self._amount[1] if self._amount else Sign.SIGNED
        if sign is Sign.DOCUMENT:
            return row[self._places["document_type"]] == "credit_note"
        return sign is Sign.INVERTED
