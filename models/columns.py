"""Which columns a file has, in which order, under which headers, and how values are written.

A `Layout` is what a saved mapping holds. It is pure: it knows the fields there are and checks itself; the
formats turn it into rows. As data it reads

    {"rows": "invoice", "delimiter": ";", "decimal_mark": ",", "date_format": "DD.MM.YYYY",
     "columns": ["number",
                 {"header": "Supplier", "source": "party.name"},
                 {"header": "Amount", "source": "totals.payable", "sign": "signed"},
                 {"header": "Cost centre", "source": "custom.cost_centre", "required": false},
                 {"header": "Type", "constant": "BILL"}]}

A field is named by its path in the document's content (`line.` for its lines, `custom.` for columns of the
source that have no field), or is one of those Waybill knows itself (`posting_date`, `party.number`, ...).
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, TypeVar

from models.document_fields import CUSTOM, FIELDS, LINE, Field, ValueKind
from models.errors import InvalidInput

DELIMITERS = (",", ";", "\t", "|", "^", "~")
DECIMAL_MARKS = (".", ",")
_COLUMN = re.compile(r"columns\[(\d+)\]")
_DATE_FORMAT = re.compile(r"(?:YYYY|YY|MM|DD|[-/. ])+")


class Sign(StrEnum):
    """Which amounts are negative."""

    DOCUMENT = "document"  # as in the document: credit notes positive
    SIGNED = "signed"  # credit notes negative
    INVERTED = "inverted"  # invoices negative, credit notes positive


class RowsPer(StrEnum):
    """What one row stands for."""

    INVOICE = "invoice"
    LINE = "line"


class Quoting(StrEnum):
    """Which cells stand in quotation marks."""

    MINIMAL = "minimal"
    ALL = "all"
    NONNUMERIC = "nonnumeric"


class LineEnd(StrEnum):
    """How a row ends."""

    CRLF = "crlf"
    LF = "lf"


class WrongLayout(InvalidInput):
    """A layout that cannot be; `column` is the place, from 1, of the column that is wrong, if it is one."""

    column: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: a field or a constant under a header. `required`: an invoice without the value fails."""

    header: str
    source: str | None = None
    constant: str | None = None
    kind: ValueKind = ValueKind.TEXT
    sign: Sign = Sign.DOCUMENT
    required: bool = False

    @property
    def is_custom(self) -> bool:
        """Whether it shows a column of the source that has no field."""
        return self.source is not None and self.source.startswith(CUSTOM)

    @property
    def of_line(self) -> bool:
        """Whether its value differs from line to line of one invoice."""
        return self.source is not None and self.source.startswith(LINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns of a file, and how rows and values are written; see the module for it as data."""

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

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Layout:
        """The layout the data describe; raises `InvalidInput` naming the key that is wrong."""
        _only_known(data, {field.name for field in fields(cls)}, "the layout")
        given = data.get("columns")
        if not isinstance(given, list | tuple) or not given:
            raise _wrong("columns", "holds no column", "give a list with at least one column")
        rows = _choice(RowsPer, data, "rows", RowsPer.INVOICE)
        columns = tuple(_column(entry, f"columns[{number}]") for number, entry in enumerate(given, start=1))
        _check_together(columns, rows)
        return cls(
            columns=columns,
            rows=rows,
            header=_switch(data, "header", True),
            delimiter=_character(data, "delimiter", DELIMITERS),
            quoting=_choice(Quoting, data, "quoting", Quoting.MINIMAL),
            bom=_switch(data, "bom", False),
            line_end=_choice(LineEnd, data, "line_end", LineEnd.CRLF),
            decimal_mark=_character(data, "decimal_mark", DECIMAL_MARKS),
            date_format=_date_format(data),
            formula_guard=_switch(data, "formula_guard", True),
        )

    def to_dict(self) -> dict[str, Any]:
        """The layout as data: ``Layout.from_dict(layout.to_dict()) == layout``."""
        data = asdict(self)
        data["columns"] = [_column_dict(column) for column in self.columns]
        return {key: str(value) if isinstance(value, StrEnum) else value for key, value in data.items()}


_ACH_COLUMNS = (
    "currency",
    "signed_payable",
    "account.routing",
    "account.number",
    "account.kind",
    "account.name",
)
_OTHER_COLUMNS = (
    "payment_terms",
    "order_reference",
    "currency",
    {"source": "totals.without_vat", "sign": "signed"},
    {"source": "totals.vat", "sign": "signed"},
    "signed_payable",
    "notes",
    "payment.remittance",
)


def default_layout(route: str) -> Layout:
    """The columns a file gets when no mapping is chosen: what importers of invoices commonly ask for.

    One row per invoice, since rows per line look like duplicates to whoever expects invoices. `route` "ach"
    shows the bank account instead of the references.
    """
    first = (
        "party.number",
        "party.name",
        "document_type",
        "number",
        "issue_date",
        "due_date",
        "posting_date",
    )
    return Layout.from_dict({"columns": [*first, *(_ACH_COLUMNS if route == "ach" else _OTHER_COLUMNS)]})


def _column(entry: object, where: str) -> Column:
    data: Mapping[str, Any] = {"source": entry} if isinstance(entry, str) else _mapping(entry, where)
    _only_known(data, {field.name for field in fields(Column)}, where)
    if (data.get("source") is None) == (data.get("constant") is None):
        raise _wrong(
            where, "has not exactly one of source and constant", "give the field to show, or a constant"
        )
    if data.get("source") is None:
        return _constant(data, where)
    source = _text(data, "source", where)
    field = _field(source, where)
    kind = _choice(ValueKind, data, "kind", field.kind, where)
    if kind not in (field.kind, ValueKind.TEXT) and not source.startswith(CUSTOM):
        raise _wrong(f"{where}.kind", f"is {kind}, but {source} is {field.kind}", "leave it out")
    sign = _choice(Sign, data, "sign", Sign.DOCUMENT, where)
    if sign is not Sign.DOCUMENT and (kind is not ValueKind.AMOUNT or source == "signed_payable"):
        raise _wrong(f"{where}.sign", f"makes no sense for {source}", "leave it out")
    return Column(
        header=_text(data, "header", where) if "header" in data else field.title,
        source=source,
        kind=kind,
        sign=sign,
        required=_switch(data, "required", source.startswith(CUSTOM), where),
    )


def _constant(data: Mapping[str, Any], where: str) -> Column:
    extra = sorted(set(data) & {"sign", "required"})
    if extra:
        raise _wrong(f"{where}.{extra[0]}", "makes no sense for a constant", "leave it out")
    kind = _choice(ValueKind, data, "kind", ValueKind.TEXT, where)
    header = _text(data, "header", where) if "header" in data else ""
    return Column(header=header, constant=_text(data, "constant", where), kind=kind)


def _column_dict(column: Column) -> dict[str, Any]:
    given: dict[str, Any] = {"header": column.header, "kind": str(column.kind)}
    if column.source is None:
        return {**given, "constant": column.constant}
    return {**given, "source": column.source, "sign": str(column.sign), "required": column.required}


def _field(source: str, where: str) -> Field:
    if source in FIELDS:
        return FIELDS[source]
    if source.startswith(CUSTOM) and len(source) > len(CUSTOM):
        return Field(path=source, title=source.removeprefix(CUSTOM))
    near = difflib.get_close_matches(source, FIELDS, n=3)
    remedy = f"perhaps {' or '.join(near)} is meant" if near else "'waybill mapping fields' lists them all"
    raise _wrong(
        f"{where}.source", f"is {source!r}, and there is no such field", remedy, code="unknown_field"
    )


def _check_together(columns: tuple[Column, ...], rows: RowsPer) -> None:
    for number, column in enumerate(columns, start=1):
        if column.of_line and rows is RowsPer.INVOICE:
            what = f"shows {column.source}, which an invoice has once per line, but rows are per invoice"
            raise _wrong(f"columns[{number}]", what, 'set rows to "line", or leave the column out')
    for header, times in Counter(column.header for column in columns).items():
        if header and times > 1:
            what = f"hold the header {header!r} {times} times"
            last = max(place for place, column in enumerate(columns, 1) if column.header == header)
            raise _wrong("columns", what, "give each column its own header", column=last)


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(where, f"is {value!r}, which is no column", "give a field's path, or header and source")
    return value


def _only_known(data: Mapping[str, Any], known: set[str], where: str) -> None:
    for key in data:
        if key not in known:
            raise _wrong(
                where, f"has no {key!r}", f"the keys are: {', '.join(sorted(known))}", code="unknown_key"
            )


def _text(data: Mapping[str, Any], key: str, where: str) -> str:
    value = data[key]
    if not isinstance(value, str):
        raise _wrong(f"{where}.{key}", f"is {value!r}, which is no text", "put it in quotation marks")
    return value


def _switch(data: Mapping[str, Any], key: str, default: bool, where: str = "") -> bool:
    value = data.get(key, default)
    if not isinstance(value, bool):
        raise _wrong(f"{where}.{key}".lstrip("."), f"is {value!r}", "give true or false")
    return value


_Choice = TypeVar("_Choice", bound=StrEnum)


def _choice(
    kinds: type[_Choice], data: Mapping[str, Any], key: str, default: _Choice, where: str = ""
) -> _Choice:
    value = data.get(key, default)
    if not isinstance(value, str) or value not in list(kinds):
        raise _wrong(f"{where}.{key}".lstrip("."), f"is {value!r}", f"give one of: {', '.join(kinds)}")
    return kinds(value)


def _character(data: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    value = data.get(key, allowed[0])
    if value not in allowed:
        named = " ".join("tab" if mark == "\t" else mark for mark in allowed)
        raise _wrong(key, f"is {value!r}", f"give one of: {named}")
    return str(value)


def _date_format(data: Mapping[str, Any]) -> str:
    value = data.get("date_format", "YYYY-MM-DD")
    complete = isinstance(value, str) and all(token in value for token in ("YY", "MM", "DD"))
    if not complete or not _DATE_FORMAT.fullmatch(value):
        remedy = "give YYYY or YY, MM and DD with - / . or a blank between, such as DD.MM.YYYY"
        raise _wrong("date_format", f"is {value!r}", remedy)
    return str(value)


def _wrong(
    where: str, what: str, remedy: str, code: str = "invalid_layout", column: int | None = None
) -> WrongLayout:
    error = WrongLayout(f"{where} {what}", remedy=remedy, code=code)
    named = _COLUMN.match(where)
    error.column = int(named[1]) if named else column
    return error
