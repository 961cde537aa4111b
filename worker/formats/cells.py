"""A column's values as the file has them: marks, dates, signs, and texts that begin no formula."""

from __future__ import annotations

from models.columns import Column, Layout, Sign
from models.columns.expressions import Ref
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
    if column.kind in NUMERIC and layout.decimal_mark != ".":
        return lambda item, content, part: get(item, content, part).replace(".", layout.decimal_mark)
    return _guarded(get) if layout.formula_guard and _is_strangers(column) else get


def _is_strangers(column: Column) -> bool:
    """Whether the cell's text is somebody else's: neither the mapping's own constant nor a number."""
    if column.kind in NUMERIC:
        return False
    if not isinstance(column.node, Ref):
        return bool(column.paths) and not _begins_plain(column)
    field = FIELDS.get(column.node.path)
    return field is None or field.kind not in NUMERIC


def _begins_plain(column: Column) -> bool:
    """Whether an expression gives numbers, which may begin with a minus."""
    node = column.node
    return getattr(node, "name", "") in ("number", "cents", "signed", "inverted", "absolute")


def _guarded(get: Getter) -> Getter:
    def guarded(item: Item, content: Content, part: Part) -> str:
        text = get(item, content, part)
        return f"'{text}" if text[:1] in _FORMULA else text

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
