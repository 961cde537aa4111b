"""A layout while it is being edited: columns that may still be wrong, added, moved and taken out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from models.columns import Layout, WrongLayout
from models.document_fields import FIELDS, Field


class DraftColumn(NamedTuple):
    """One column as data (`models.columns`), with a number that it keeps wherever it is moved."""

    number: int
    data: Mapping[str, Any]

    @property
    def source(self) -> str:
        """The field it shows; empty for a constant."""
        return str(self.data.get("source") or "")

    @property
    def header(self) -> str:
        """What stands above it."""
        return str(self.data.get("header", ""))

    @property
    def value(self) -> str:
        """The expression it shows; empty for a field or a constant."""
        return str(self.data.get("value") or "")

    @property
    def shown(self) -> str:
        """The field, the expression, or the constant in quotation marks."""
        return self.source or self.value or repr(self.data.get("constant", ""))

    @property
    def how(self) -> str:
        """What is said about its values, in words; empty when they are as in the document."""
        kind, sign = str(self.data.get("kind", "")), str(self.data.get("sign", "document"))
        usual = field_of(self.source).kind if self.source else "text"
        words = [kind if kind and kind != usual else "", "" if sign == "document" else sign]
        words += [name if self.data.get(name) else "" for name in ("required", "once")]
        words.append(f"width {self.data['width']}" if self.data.get("width") else "")
        return " ".join(filter(None, words))


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The columns in their order, and all else that a layout says; each change makes another one."""

    columns: tuple[DraftColumn, ...] = ()
    other: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, layout: Mapping[str, Any], like: Draft | None = None) -> Draft:
        """What stands in a layout as data; as many columns as `like` has keep the numbers they have there."""
        numbers = [column.number for column in like.columns] if like else []
        if len(numbers) != len(layout["columns"]):
            numbers = list(range(len(layout["columns"])))
        columns = tuple(map(DraftColumn, numbers, layout["columns"]))
        return cls(columns=columns, other={key: value for key, value in layout.items() if key != "columns"})

    @property
    def layout(self) -> dict[str, Any]:
        """The layout as data."""
        return {**self.other, "columns": [dict(column.data) for column in self.columns]}

    def says(self, layout: Layout) -> bool:
        """Whether it comes to this layout, however it is written down."""
        try:
            return Layout.from_dict(self.layout) == layout
        except WrongLayout:
            return False

    def free_header(self, wanted: str) -> str:
        """The header, numbered where another column has it: no file has two of a name."""
        taken = {column.header for column in self.columns}
        every = (wanted, *(f"{wanted} {number}" for number in range(2, len(self.columns) + 2)))
        return next(each for each in every if not each or each not in taken)

    @property
    def sources(self) -> frozenset[str]:
        """The fields it shows."""
        return frozenset(column.source for column in self.columns if column.source)

    def place(self, number: int) -> int:
        """Where a column stands, from 0."""
        return [column.number for column in self.columns].index(number)

    def added(self, data: Mapping[str, Any], after: int | None) -> tuple[Draft, int]:
        """With one more column, after that of a number or at the end; and the new one's number."""
        number = max((column.number for column in self.columns), default=-1) + 1
        place = len(self.columns) if after is None else self.place(after) + 1
        columns = (*self.columns[:place], DraftColumn(number, data), *self.columns[place:])
        return replace(self, columns=columns), number

    def moved(self, number: int, by: int) -> Draft:
        """With a column so many places further down; at either end it stays."""
        place = self.place(number)
        to = max(0, min(place + by, len(self.columns) - 1))
        rest = [column for column in self.columns if column.number != number]
        return replace(self, columns=(*rest[:to], self.columns[place], *rest[to:]))

    def removed(self, number: int) -> Draft:
        """Without a column."""
        return replace(self, columns=tuple(each for each in self.columns if each.number != number))

    def changed(self, number: int, data: Mapping[str, Any]) -> Draft:
        """With a column saying something else."""
        return replace(
            self,
            columns=tuple(
                each._replace(data=data) if each.number == number else each for each in self.columns
            ),
        )

    def written(self, other: Mapping[str, Any]) -> Draft:
        """With other rows, marks, dates and so on; what only bookings have goes with them."""
        said = {**self.other, **other}
        if said.get("rows") != "accounting":
            said = {key: value for key, value in said.items() if key not in ("row_types", "total_row")}
        return replace(self, other=said)


def field_of(source: str) -> Field:
    """What is known of a field; one of the documents' own is a text."""
    return FIELDS.get(source) or Field(path=source, title=source.partition(".")[2] or source)


_ROWS = {"tax": "VAT rate", "accounting": "side of the booking"}


def written_words(other: Mapping[str, Any]) -> Iterator[str]:
    """How rows and values are written, in words: what matters, then what is not as usual."""
    rows = str(other.get("rows", "invoice"))
    yield f"a row per {_ROWS.get(rows, rows)}"
    delimiter = other.get("delimiter", ",")
    yield "tab between" if delimiter == "\t" else f"'{delimiter}' between"
    yield f"'{other.get('decimal_mark', '.')}' before decimals"
    yield f"dates {other.get('date_format', 'YYYY-MM-DD')}"
    if not other.get("header", True):
        yield "no header"
    if other.get("bom"):
        yield "byte order mark"
    if (charset := other.get("charset", "utf-8")) != "utf-8":
        yield str(charset)
    for key, where in (("first", "before"), ("after", "after each invoice"), ("last", "at the end")):
        if rows_there := other.get(key):
            yield f"{len(rows_there)} more {where}"
    if limit := other.get("document_limit"):
        yield f"at most {limit} invoices"
    if limit := other.get("row_limit"):
        yield f"at most {limit} rows an invoice"
