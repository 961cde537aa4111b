"""Rows of cells read again: counted and summed by the layout alone, sharing nothing with what wrote them."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from decimal import Decimal

from models.columns import Layout, RowsPer, Sign
from models.columns.expressions import Ref
from models.document_fields import ValueKind
from models.fields import minor_digits
from worker.formats import ACH, Totals
from worker.formats.sums import amount_column, booked_columns, plain

_IDENTITIES = (("invoice_id",), ("number", "party.number", "document_type"))


class TableReading:
    """One pass over the rows of a file.

    Items and sums are told when the columns allow it: rows per invoice (or what identifies one), and an
    amount column whose sign and currency are known from the row or the route.
    """

    def __init__(self, layout: Layout, route: str) -> None:
        self._layout = layout
        self._places = {column.source: place for place, column in enumerate(layout.columns)}
        self._identity = self._identifying(layout)
        self._amount = amount_column(layout)
        self._currency = self._places.get("currency")
        self._fixed_currency = "USD" if route == ACH else ""
        self._records = 0
        self._items = 0
        self._last: list[str] | None = None
        self._shown: defaultdict[int, int] = defaultdict(int)
        self._sums: defaultdict[str, int] = defaultdict(int)
        self._booked = booked_columns(layout)
        self._book = dict.fromkeys(self._booked, Decimal(0))

    def of(self, rows: Iterable[list[str]]) -> Totals:
        """The totals of the rows; raises `ValueError` for one that is not of the layout."""
        layout, given = self._layout, iter(rows)
        for expected in layout.first:
            self._check_width(next(given, []), len(expected))
        headers = [column.header for column in layout.columns]
        if layout.header and (first := next(given, None)) != headers:
            raise ValueError(f"the header is {first!r}")
        width, after = len(headers), {len(row) for row in layout.after}
        last = deque[list[str]]()
        for row in _without_last(given, len(layout.last), last):
            if len(row) in after:
                continue
            self._check_width(row, width)
            self._records += 1
            self._count(row)
        self._check_last(list(last))
        if self._book.get("row.amount") and not layout.row_types:
            raise ValueError(f"debits and credits differ by {self._book['row.amount']}")
        return self._totals()

    def _totals(self) -> Totals:
        control: dict[str, str | int] = {path: plain(total) for path, total in self._book.items()}
        if self._amount is not None:
            shown = sum((Decimal(whole).scaleb(-scale) for scale, whole in self._shown.items()), Decimal(0))
            control["amount_column"] = f"{shown:f}"
        return Totals(
            items=self._items if self._tells_items else None,
            records=self._records,
            sums=dict(self._sums) if self._tells_sums else None,
            control=control,
        )

    @staticmethod
    def _check_width(row: list[str], width: int) -> None:
        if len(row) != width:
            raise ValueError(f"{len(row)} cells instead of {width}")

    @property
    def _tells_items(self) -> bool:
        return self._layout.rows is RowsPer.INVOICE or bool(self._identity)

    @property
    def _tells_sums(self) -> bool:
        if self._amount is None or not self._tells_items:
            return False
        knows_sign = self._amount.sign is not Sign.DOCUMENT or "document_type" in self._places
        return knows_sign and (self._currency is not None or bool(self._fixed_currency))

    def _identifying(self, layout: Layout) -> list[int]:
        """The places that tell one invoice's rows from the next one's, where it has several."""
        if layout.rows is RowsPer.INVOICE:
            return []
        for names in _IDENTITIES:
            if all(name in self._places for name in names):
                places = [self._places[name] for name in names]
                return [] if any(layout.columns[place].once for place in places) else places
        return []

    def _count(self, row: list[str]) -> None:
        for path, place in self._booked.items():
            self._book[path] += Decimal(row[place].replace(self._layout.decimal_mark, ".") or 0)
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
        column = self._amount
        if column is None or (column.once and not row[column.place]):
            return None
        in_text = self._layout.columns[column.place].kind is ValueKind.TEXT
        mark = "." if in_text else self._layout.decimal_mark
        whole, _, decimals = row[column.place].partition(mark)
        units = int(whole + decimals)
        self._shown[len(decimals)] += units
        return units, len(decimals)

    def _add_sum(self, row: list[str], units: int, scale: int) -> None:
        currency = self._fixed_currency if self._currency is None else row[self._currency]
        cents = self._amount is not None and self._amount.cents
        if scale != (0 if cents else minor_digits(currency)):
            raise ValueError(f"an amount in {currency} with {scale} decimals")
        self._sums[currency] += -units if self._is_turned(row) else units

    def _is_turned(self, row: list[str]) -> bool:
        """Whether the sign in the row is not the one the amount is summed with."""
        sign = self._amount.sign if self._amount else Sign.SIGNED
        if sign is Sign.DOCUMENT:
            return row[self._places["document_type"]] == "credit_note"
        return sign is Sign.INVERTED

    def _check_last(self, rows: list[list[str]]) -> None:
        """What the file says of itself is what was counted."""
        counted = {"file.rows": self._records}
        if self._tells_items:
            counted["file.documents"] = self._items
        if len(rows) != len(self._layout.last):
            raise ValueError(f"{len(rows)} rows at its end instead of {len(self._layout.last)}")
        for row, columns in zip(rows, self._layout.last, strict=True):
            self._check_width(row, len(columns))
            for cell, column in zip(row, columns, strict=True):
                path = column.node.path if isinstance(column.node, Ref) else ""
                if path in counted and int(cell) != counted[path]:
                    raise ValueError(f"its end says {cell} {path}, there are {counted[path]}")


def _without_last(rows: Iterator[list[str]], count: int, last: deque[list[str]]) -> Iterator[list[str]]:
    """All but so many rows at the end, which are put into `last`."""
    for row in rows:
        last.append(row)
        if len(last) > count:
            yield last.popleft()
