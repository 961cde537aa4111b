"""What a file with columns comes to while it is written: documents, rows, and the amounts it shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from models.columns import Column, Layout, Sign
from models.columns.expressions import Call, Ref
from models.fields import amount_text, minor_digits
from worker.formats import Item, Totals

_PAYABLE = ("totals.payable", "signed_payable")
_TURNED = {Sign.DOCUMENT: "", Sign.SIGNED: "credit_note", Sign.INVERTED: "invoice"}
_SIGNS = {"signed": Sign.SIGNED, "inverted": Sign.INVERTED}
BOOKED = ("row.debit", "row.credit", "row.amount")
"""Columns of accounting rows that are summed of themselves."""


class AmountColumn(NamedTuple):
    """Where the payable amount stands, which of them are negative, and whether it is in minor units."""

    place: int
    sign: Sign
    cents: bool
    once: bool


def amount_column(layout: Layout) -> AmountColumn | None:
    """The first column that shows what is to be paid, so that it can be read again."""
    for place, column in enumerate(layout.columns):
        if (found := _payable(column)) is not None:
            return AmountColumn(place, *found, column.once)
    return None


def _payable(column: Column) -> tuple[Sign, bool] | None:
    node, cents, sign = column.node, False, column.sign
    while isinstance(node, Call) and node.name in ("cents", *_SIGNS):
        if node.name != "cents" and sign is not Sign.DOCUMENT:
            return None
        cents = cents or node.name == "cents"
        sign = _SIGNS.get(node.name, sign)
        node = node.arguments[0]
    if not isinstance(node, Ref) or node.path not in _PAYABLE:
        return None
    if node.path == "signed_payable":
        return None if sign is not Sign.DOCUMENT else (Sign.SIGNED, cents)
    return sign, cents


def booked_columns(layout: Layout) -> dict[str, int]:
    """The columns of debits, credits and booked amounts, by field."""
    places = {column.source: place for place, column in enumerate(layout.columns) if not column.once}
    return {path: places[path] for path in BOOKED if path in places}


class Tally:
    """What has been written, summed as it goes."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._items = 0
        self._records = 0
        self._column = amount_column(layout)
        self._booked = booked_columns(layout)
        self._book = dict.fromkeys(self._booked, Decimal(0))
        self._sums: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._shown: defaultdict[tuple[str, str], int] = defaultdict(int)

    def add(self, item: Item, rows: Sequence[Sequence[str]]) -> None:
        """Count one item and its rows."""
        count = len(rows)
        self._items += 1
        self._records += count
        key = (item.currency, item.document_type)
        self._sums[key] += item.amount
        self._shown[key] += item.amount if self._column and self._column.once else item.amount * count
        for path, place in self._booked.items():
            mark = self._layout.decimal_mark
            self._book[path] += sum(Decimal(row[place].replace(mark, ".") or 0) for row in rows)

    def totals(self) -> Totals:
        """The totals of all that was added."""
        sums: dict[str, int] = {}
        for (currency, kind), minor in self._sums.items():
            sums[currency] = sums.get(currency, 0) + (-minor if kind == "credit_note" else minor)
        return Totals(items=self._items, records=self._records, sums=sums, control=self._control())

    def facts(self) -> tuple[dict[str, str], str]:
        """What the last rows of the file may show, by path, and the file's currency."""
        sums = self.totals().sums or {}
        currency = next(iter(sums), "USD")
        facts = {
            "file.documents": str(self._items),
            "file.rows": str(self._records),
            "file.total": amount_text(sums.get(currency, 0), currency),
        }
        return facts, currency

    def _control(self) -> dict[str, str | int]:
        control: dict[str, str | int] = {path: plain(total) for path, total in self._book.items()}
        if self._column is not None:
            turned, shown = _TURNED[self._column.sign], Decimal(0)
            for (currency, kind), minor in self._shown.items():
                digits = 0 if self._column.cents else minor_digits(currency)
                shown += Decimal(-minor if kind == turned else minor).scaleb(-digits)
            control["amount_column"] = f"{shown:f}"
        return control


def plain(total: Decimal) -> str:
    """A sum in one way, however many zeros its parts had."""
    text = f"{total:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
