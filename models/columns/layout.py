"""A whole layout: its columns, what a row stands for, and how rows and values are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from models.columns import checks
from models.columns.checks import wrong
from models.columns.column import Column, column_of
from models.document_fields import Scope, scope_of

DELIMITERS = (",", ";", "\t", "|", "^", "~")
DECIMAL_MARKS = (".", ",")
_MOST_DOCUMENTS = 1_000_000


class RowsPer(StrEnum):
    """What one row stands for."""

    INVOICE = "invoice"
    LINE = "line"
    TAX = "tax"  # one VAT category and rate of the invoice's breakdown
    ACCOUNTING = "accounting"  # one side of a booking: each line, each tax, the total against them


class TotalRow(StrEnum):
    """Where the total stands among the accounting rows of an invoice."""

    LAST = "last"
    FIRST = "first"


class Quoting(StrEnum):
    """Which cells stand in quotation marks."""

    MINIMAL = "minimal"
    ALL = "all"
    NONNUMERIC = "nonnumeric"


class LineEnd(StrEnum):
    """How a row ends."""

    CRLF = "crlf"
    LF = "lf"


class Charset(StrEnum):
    """Which characters the file can carry; an invoice with others fails."""

    UTF_8 = "utf-8"
    ASCII = "ascii"
    LATIN_1 = "latin-1"
    WINDOWS_1252 = "windows-1252"

    def lacks(self, text: str) -> str:
        """The first character that it does not have; empty where it has all."""
        try:
            text.encode(self)
        except UnicodeEncodeError as error:
            return text[error.start]
        return ""


class RowType(StrEnum):
    """What an accounting row books (`row.type`)."""

    LINE = "line"
    ALLOWANCE = "allowance"
    CHARGE = "charge"
    TAX = "tax"
    PAID = "paid"
    ROUNDING = "rounding"
    TOTAL = "total"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns of a file, and how rows and values are written; see the package for it as data.

    `first`, `last` and `after` are rows of other columns: before all others (and before the header), after
    all others, and after each invoice's own. `row_types`: the accounting rows that are
    written, all if it is empty. `document_limit` and `row_limit` are how many invoices a file
    and how many rows an invoice may have where the file is going.
    """

    columns: tuple[Column, ...]
    rows: RowsPer = RowsPer.INVOICE
    header: bool = True
    delimiter: str = ","
    quoting: Quoting = Quoting.MINIMAL
    bom: bool = False
    line_end: LineEnd = LineEnd.CRLF
    decimal_mark: str = "."
    date_format: str = "YYYY-MM-DD"
    formula_guard: bool = True
    charset: Charset = Charset.UTF_8
    total_row: TotalRow = TotalRow.LAST
    row_types: tuple[RowType, ...] = ()
    first: tuple[tuple[Column, ...], ...] = ()
    after: tuple[tuple[Column, ...], ...] = ()
    last: tuple[tuple[Column, ...], ...] = ()
    document_limit: int | None = None
    row_limit: int | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Layout:
        """The layout the data describe; raises `InvalidInput` naming the key that is wrong."""
        checks.only_known(data, {field.name for field in fields(cls)}, "the layout")
        given = data.get("columns")
        if not isinstance(given, list | tuple) or not given:
            raise wrong("columns", "holds no column", "give a list with at least one column")
        rows = checks.choice(RowsPer, data, "rows", RowsPer.INVOICE)
        columns = tuple(column_of(entry, f"columns[{number}]") for number, entry in enumerate(given, start=1))
        _check_together(columns, rows)
        layout = cls(
            columns=columns,
            rows=rows,
            header=checks.switch(data, "header", True),
            delimiter=checks.character(data, "delimiter", DELIMITERS),
            quoting=checks.choice(Quoting, data, "quoting", Quoting.MINIMAL),
            bom=checks.switch(data, "bom", False),
            line_end=checks.choice(LineEnd, data, "line_end", LineEnd.CRLF),
            decimal_mark=checks.character(data, "decimal_mark", DECIMAL_MARKS),
            date_format=checks.date_format(data),
            formula_guard=checks.switch(data, "formula_guard", True),
            charset=checks.choice(Charset, data, "charset", Charset.UTF_8),
            total_row=checks.choice(TotalRow, data, "total_row", TotalRow.LAST),
            row_types=_row_types(data, rows),
            first=_extra(data, "first", Scope.BATCH),
            after=_extra(data, "after", Scope.BATCH, Scope.INVOICE),
            last=_extra(data, "last", Scope.BATCH, Scope.FILE),
            document_limit=checks.count(data, "document_limit", _MOST_DOCUMENTS),
            row_limit=checks.count(data, "row_limit", _MOST_DOCUMENTS),
        )
        _check_whole(layout)
        return layout

    def to_dict(self) -> dict[str, Any]:
        """The layout as data: ``Layout.from_dict(layout.to_dict()) == layout``.

        What few layouts say is left out where it is as usual.
        """
        data: dict[str, Any] = {"columns": [column.to_dict() for column in self.columns]}
        for field in fields(self)[1:]:
            value = getattr(self, field.name)
            if field.name not in _OPTIONAL:
                data[field.name] = str(value) if isinstance(value, StrEnum) else value
            elif value != field.default:
                data[field.name] = _optional(value)
        return data


_OPTIONAL = ("charset", "total_row", "row_types", "first", "after", "last", "document_limit", "row_limit")
_EVERYWHERE = frozenset(RowsPer)
_ROWS_FOR: Mapping[Scope, frozenset[RowsPer]] = {
    Scope.BATCH: _EVERYWHERE,
    Scope.INVOICE: _EVERYWHERE,
    Scope.EACH_ROW: _EVERYWHERE,
    Scope.LINE: frozenset({RowsPer.LINE, RowsPer.ACCOUNTING}),
    Scope.TAX: frozenset({RowsPer.TAX, RowsPer.ACCOUNTING}),
    Scope.ACCOUNTING: frozenset({RowsPer.ACCOUNTING}),
    Scope.FILE: frozenset(),
}
"""What rows can show a field, by what it belongs to."""
_HAS = {Scope.LINE: "once per line", Scope.TAX: "once per VAT rate", Scope.ACCOUNTING: "once per booking row"}


def _optional(value: Any) -> Any:
    if isinstance(value, tuple) and isinstance(value[0], StrEnum):
        return [str(each) for each in value]
    if isinstance(value, tuple):
        return [[column.to_dict() for column in row] for row in value]
    return str(value) if isinstance(value, StrEnum) else value


def _row_types(data: Mapping[str, Any], rows: RowsPer) -> tuple[RowType, ...]:
    given = data.get("row_types", ())
    known = list(RowType)
    if not isinstance(given, list | tuple) or not all(each in known for each in given):
        raise wrong("row_types", f"is {given!r}", f"give a list of: {', '.join(RowType)}")
    if given and rows is not RowsPer.ACCOUNTING:
        raise wrong("row_types", f"makes no sense for rows per {rows}", 'set rows to "accounting"')
    return tuple(each for each in RowType if each in given)


def _extra(data: Mapping[str, Any], key: str, *scopes: Scope) -> tuple[tuple[Column, ...], ...]:
    """The rows under `first`, `after` or `last`; `scopes`: what they can show."""
    given = data.get(key, ())
    if not isinstance(given, list | tuple) or not all(isinstance(row, list | tuple) and row for row in given):
        raise wrong(key, "is no list of rows", "give a list of rows, each a list of columns")
    rows = []
    for number, row in enumerate(given, start=1):
        places = [f"{key}[{number}][{place}]" for place in range(1, len(row) + 1)]
        columns = [column_of(entry, place) for entry, place in zip(row, places, strict=True)]
        for column, place in zip(columns, places, strict=True):
            for path in column.paths:
                if scope_of(path) not in scopes:
                    what = f"shows {path}, which is not known there"
                    raise wrong(place, what, "give a constant, or a field that is known there")
        rows.append(tuple(columns))
    return tuple(rows)


def _check_together(columns: tuple[Column, ...], rows: RowsPer) -> None:
    for number, column in enumerate(columns, start=1):
        for path in column.paths:
            if rows not in _ROWS_FOR[scope_of(path)]:
                raise _not_in(rows, path, f"columns[{number}]")
    for header, times in Counter(column.header for column in columns).items():
        if header and times > 1:
            what = f"hold the header {header!r} {times} times"
            last = max(place for place, column in enumerate(columns, 1) if column.header == header)
            raise wrong("columns", what, "give each column its own header", column=last)


def _not_in(rows: RowsPer, path: str, where: str) -> checks.WrongLayout:
    wanted = [each for each in RowsPer if each in _ROWS_FOR[scope_of(path)]]
    if not wanted:
        return wrong(where, f"shows {path}, which is known at the end of a file alone", "use it in last")
    how_often = _HAS[scope_of(path)]
    what = f"shows {path}, which an invoice has {how_often}, but rows are per {rows}"
    named = " or ".join(f'"{each}"' for each in wanted)
    remedy = f"set rows to {named}, or leave the column out"
    return wrong(where, what, remedy)


def _check_whole(layout: Layout) -> None:
    """Rows of another kind must be told from an invoice's own by whoever reads the file again."""
    for number, row in enumerate(layout.after, start=1):
        if len(row) == len(layout.columns):
            what = "has as many columns as the rows themselves, so that nobody can tell them apart"
            raise wrong(f"after[{number}]", what, "leave a column out, or add one")
    _check_characters(layout)
    if layout.bom and layout.charset is not Charset.UTF_8:
        raise wrong("bom", f"makes no sense in {layout.charset}", "leave it out")


def _check_characters(layout: Layout) -> None:
    """What the mapping itself says must be in the characters of its file."""
    own = [(f"columns[{place}]", column) for place, column in enumerate(layout.columns, start=1)]
    for key in ("first", "after", "last"):
        for number, row in enumerate(getattr(layout, key), start=1):
            own += [(f"{key}[{number}][{place}]", column) for place, column in enumerate(row, start=1)]
    for where, column in own:
        header = column.header if layout.header and where.startswith("columns") else ""
        if strange := layout.charset.lacks(f"{header}{column.constant or ''}"):
            what = f"has {strange!r}, which {layout.charset} lacks"
            raise wrong(where, what, "write it otherwise, or choose another charset")
