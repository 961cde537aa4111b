"""A column's values as the file has them: marks, dates, signs, and texts that begin no formula."""

from __future__ import annotations

import re

from models.columns import Column, Layout, Sign
from models.columns.expressions import Call, Ref
from models.document_fields import FIELDS, ValueKind
from models.fields import amount_text
from worker.formats import Batch, Item
from worker.formats.calls import date_text, negated
from worker.formats.parts import Content, Getter, Part
from worker.formats.values import getter, padded

NUMERIC = (ValueKind.AMOUNT, ValueKind.DECIMAL, ValueKind.INTEGER)
PAYABLE = ("totals.payable", "signed_payable")
# What a spreadsheet takes for the beginning of a formula.
_FORMULA = frozenset("=+-@\t\r")
_NUMBER = re.compile(r"-?[\d.,']+", re.ASCII)
_NUMBERS = ("number", "cents", "signed", "inverted", "absolute")
_TURNED = {Sign.SIGNED: "credit_note", Sign.INVERTED: "invoice"}


def cell(column: Column, layout: Layout, batch: Batch) -> Getter:
    """What makes the column's cell of an item, its content and a part of it."""
    get = getter(column.node, batch)
    if column.kind is ValueKind.DATE:
        return _dated(get, layout.date_format)
    if column.constant is not None:
        return get
    if column.kind is ValueKind.AMOUNT:
        return _amount(get, column, layout.decimal_mark)
    if column.kind in NUMERIC:
        mark = layout.decimal_mark
        return get if mark == "." else lambda item, content, part: get(item, content, part).replace(".", mark)
    return _guarded(get, numbers=_gives_numbers(column)) if layout.formula_guard and column.paths else get


def _gives_numbers(column: Column) -> bool:
    """Whether a text is a number as a rule, which may begin with a minus."""
    node = column.node
    if isinstance(node, Call):
        return node.name in _NUMBERS
    field = FIELDS.get(node.path) if isinstance(node, Ref) else None
    return field is not None and field.kind in NUMERIC


def _guarded(get: Getter, *, numbers: bool) -> Getter:
    """Texts that begin no formula; with `numbers`, those that are one stay as they are."""

    def guarded(item: Item, content: Content, part: Part) -> str:
        text = get(item, content, part)
        if text[:1] not in _FORMULA or (numbers and _NUMBER.fullmatch(text)):
            return text
        return f"'{text}"

    return guarded


def _dated(get: Getter, pattern: str) -> Getter:
    if pattern == "YYYY-MM-DD":
        return get
    return lambda item, content, part: date_text(get(item, content, part), pattern)


def _amount(get: Getter, column: Column, mark: str) -> Getter:
    if column.source in PAYABLE:
        return _payable(Sign.SIGNED if column.source == "signed_payable" else column.sign, mark)
    turned = _TURNED.get(column.sign)
    # Tax in the tax currency has that currency's decimals, which the invoice's do not tell.
    pads = column.source != "totals.vat_accounting"

    def amount(item: Item, content: Content, part: Part) -> str:
        text = get(item, content, part)
        if not text:
            return text
        if pads:
            text = padded(text, item.currency)
        if mark != ".":
            text = text.replace(".", mark)
        return negated(text) if item.document_type == turned else text

    return amount


def _payable(sign: Sign, mark: str) -> Getter:
    turned = _TURNED.get(sign)

    def payable(item: Item, _content: Content, _part: Part) -> str:
        minor = -item.amount if item.document_type == turned else item.amount
        text = amount_text(minor, item.currency)
        return text if mark == "." else text.replace(".", mark)

    return payable
