"""A layout made ready: from an item to its rows of text, for every format that has columns."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from models.columns import Column, Layout, RowsPer, Sign
from models.document_fields import CUSTOM, FIELDS, LINE, ValueKind
from models.fields import amount_text, minor_digits
from worker.formats import Batch, Item, Problem

Content = dict[str, Any]
Getter = Callable[[Item, Content, Content], str]
"""From an item, its content and one of its lines to a cell; content and line are empty when not asked for."""

NUMERIC = (ValueKind.AMOUNT, ValueKind.DECIMAL, ValueKind.INTEGER)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_SHAPES = {
    ValueKind.AMOUNT: (_NUMBER, "an amount such as 12.50"),
    ValueKind.DECIMAL: (_NUMBER, "a number such as 12.5"),
    ValueKind.INTEGER: (re.compile(r"-?\d+"), "a whole number"),
    ValueKind.DATE: (re.compile(r"\d{4}-\d\d-\d\d"), "a date such as 2026-01-31"),
}

_FROM_ITEM: dict[str, Getter] = {
    "number": lambda item, _content, _line: item.number,
    "document_type": lambda item, _content, _line: item.document_type,
    "direction": lambda item, _content, _line: item.direction,
    "currency": lambda item, _content, _line: item.currency,
    "issue_date": lambda item, _content, _line: item.issue_date,
    "due_date": lambda item, _content, _line: item.due_date or "",
    "party.number": lambda item, _content, _line: item.party_number,
    "party.name": lambda item, _content, _line: item.party_name,
    "invoice_id": lambda item, _content, _line: str(item.invoice_id),
    "account.routing": lambda item, _content, _line: item.account.routing if item.account else "",
    "account.number": lambda item, _content, _line: item.account.number if item.account else "",
    "account.kind": lambda item, _content, _line: item.account.kind if item.account else "",
    "account.holder": lambda item, _content, _line: item.account.holder if item.account else "",
    "account.name": lambda item, _content, _line: (
        (item.account.name or item.party_name) if item.account else ""
    ),
    "totals.payable": lambda item, _content, _line: amount_text(item.amount, item.currency),
    "signed_payable": lambda item, _content, _line: amount_text(item.signed, item.currency),
}
_OF_BATCH: dict[str, Callable[[Batch], str]] = {
    "entity.name": lambda batch: batch.entity,
    "job_id": lambda batch: str(batch.job_id),
    "posting_date": lambda batch: batch.posting_date.isoformat(),
}
# What a spreadsheet takes for the beginning of a formula.
_FORMULA = frozenset("=+-@\t\r")


class Rows:
    """One layout for one batch: `of(item)` gives the item's rows, each a list of cells."""

    def __init__(self, layout: Layout, batch: Batch) -> None:
        self._getters = [_cell(column, layout, batch) for column in layout.columns]
        self._per_line = layout.rows is RowsPer.LINE
        self._parses = self._per_line or any(_needs_content(column) for column in layout.columns)
        checked = [column for column in layout.columns if column.required or _unsure(column)]
        self._checks = [(column, _raw(column, batch)) for column in checked]

    @property
    def may_refuse(self) -> bool:
        """Whether `problem` can ever answer anything but None."""
        return bool(self._checks)

    def of(self, item: Item) -> list[list[str]]:
        """The item's rows: one, or one a line; a document without lines has one row all the same."""
        content: Content = item.content if self._parses else {}
        getters = self._getters
        if not self._per_line:
            return [[get(item, content, content) for get in getters]]
        return [[get(item, content, line) for get in getters] for line in content.get("lines") or [{}]]

    def problem(self, item: Item) -> Problem | None:
        """What a column needs that the item lacks."""
        if not self._checks:
            return None
        content: Content = item.content if self._parses else {}
        for line in (content.get("lines") or [{}]) if self._per_line else [content]:
            for column, get in self._checks:
                if (found := _unfit(column, get(item, content, line), item)) is not None:
                    return found
        return None


def _unfit(column: Column, value: str, item: Item) -> Problem | None:
    what = f"invoice {item.number} of {item.party_name}"
    if not value:
        if not column.required:
            return None
        if column.is_custom:
            return Problem(
                code="mapping_column_missing",
                reason=f"the mapping's column {column.header!r} shows {column.source}, and {what} has none",
                remedy="take the column out of the mapping or make it not required (waybill mapping edit), "
                "or add it to the invoice",
                column=column.header,
            )
        return Problem(
            code="value_missing",
            reason=f"{what} has no {column.source}, which the mapping's column {column.header!r} requires",
            remedy="give the invoice the value, or make the column not required (waybill mapping edit)",
            column=column.header,
        )
    shape, wanted = _SHAPES.get(column.kind, (None, ""))
    if shape is None or shape.fullmatch(value):
        return None
    return Problem(
        code="value_unfit",
        reason=f"{column.source} of {what} is {value!r}; the column {column.header!r} wants {wanted}",
        remedy="correct the value, or set the column's kind to text",
        column=column.header,
    )


def _unsure(column: Column) -> bool:
    """Whether what the column shows is free text that must first prove to be of the column's kind."""
    return column.is_custom and column.kind is not ValueKind.TEXT


def _needs_content(column: Column) -> bool:
    return column.source is not None and column.source not in _FROM_ITEM and column.source not in _OF_BATCH


def _raw(column: Column, batch: Batch) -> Getter:
    """The value as the document has it: amounts with a point, dates in ISO form."""
    source = column.source
    if source is None:
        constant = column.constant or ""
        return lambda _item, _content, _line: constant
    if source in _OF_BATCH:
        value = _OF_BATCH[source](batch)
        return lambda _item, _content, _line: value
    if source in _FROM_ITEM:
        return _FROM_ITEM[source]
    if source.startswith(CUSTOM):
        name = source.removeprefix(CUSTOM)
        return lambda _item, content, _line: _text(content.get("custom", {}).get(name))
    return _path(source)


def _path(source: str) -> Getter:
    steps = source.removeprefix(LINE).split(".")
    if len(steps) == 1 and source.startswith(LINE):
        return lambda _item, _content, line: _text(line.get(steps[0]))
    if source.startswith(LINE):
        return lambda _item, _content, line: _text(_follow(line, steps))
    return lambda _item, content, _line: _text(_follow(content, steps))


def _follow(value: Any, steps: list[str]) -> Any:
    for number, step in enumerate(steps):
        if isinstance(value, list) and number:
            value = value[0] if value else None
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return _text(value.get("value"))
    if isinstance(value, list):
        return "; ".join(_text(part) for part in value)
    return str(value)


def _cell(column: Column, layout: Layout, batch: Batch) -> Getter:
    """The value as the file has it."""
    get = _raw(column, batch)
    if column.kind is ValueKind.DATE:
        return _dated(get, layout.date_format)
    if column.kind is ValueKind.AMOUNT and column.source is not None:
        return _amount(get, column, layout.decimal_mark)
    if column.kind is ValueKind.DECIMAL and layout.decimal_mark != ".":
        return lambda item, content, line: get(item, content, line).replace(".", layout.decimal_mark)
    return _guarded(get) if layout.formula_guard and _is_strangers(column) else get


def _is_strangers(column: Column) -> bool:
    """Whether the cell's text is somebody else's: neither the mapping's own constant nor a number."""
    if column.source is None or column.kind in NUMERIC:
        return False
    field = FIELDS.get(column.source)
    return field is None or field.kind not in NUMERIC


def _guarded(get: Getter) -> Getter:
    def cell(item: Item, content: Content, line: Content) -> str:
        text = get(item, content, line)
        return f"'{text}" if text[:1] in _FORMULA else text

    return cell


def _dated(get: Getter, pattern: str) -> Getter:
    if pattern == "YYYY-MM-DD":
        return get

    @lru_cache(maxsize=4096)
    def shown(iso: str) -> str:
        text = pattern.replace("YYYY", iso[:4]).replace("YY", iso[2:4])
        return text.replace("MM", iso[5:7]).replace("DD", iso[8:10]) if iso else ""

    return lambda item, content, line: shown(get(item, content, line))


def _amount(get: Getter, column: Column, mark: str) -> Getter:
    if column.source in ("totals.payable", "signed_payable"):
        return _payable(Sign.SIGNED if column.source == "signed_payable" else column.sign, mark)
    turned = {Sign.SIGNED: "credit_note", Sign.INVERTED: "invoice"}.get(column.sign)
    # Tax in the tax currency has that currency's decimals, which the invoice's do not tell.
    padded = column.source != "totals.vat_accounting"

    def cell(item: Item, content: Content, line: Content) -> str:
        text = get(item, content, line)
        if not text:
            return text
        whole, _, decimals = text.partition(".")
        if padded:
            decimals = decimals.ljust(minor_digits(item.currency), "0")
        text = f"{whole}{mark}{decimals}" if decimals else whole
        return _negated(text) if item.document_type == turned else text

    return cell


def _negated(text: str) -> str:
    if text.startswith("-"):
        return text[1:]
    return f"-{text}" if any(digit in text for digit in "123456789") else text


def _payable(sign: Sign, mark: str) -> Getter:
    turned = {Sign.SIGNED: "credit_note", Sign.INVERTED: "invoice"}.get(sign)

    def cell(item: Item, _content: Content, _line: Content) -> str:
        minor = -item.amount if item.document_type == turned else item.amount
        text = amount_text(minor, item.currency)
        return text if mark == "." else text.replace(".", mark)

    return cell
