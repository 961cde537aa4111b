"""From a field or an expression to the text that the document has for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from models.columns.expressions import Call, Node, Ref, Text
from models.document_fields import CUSTOM, FIELDS, LINE, TAX, Scope, ValueKind, scope_of
from models.fields import amount_text, minor_digits
from worker.formats import Batch, Item
from worker.formats.calls import CALLS
from worker.formats.parts import Content, Getter, Part

_FROM_ITEM: dict[str, Getter] = {
    "number": lambda item, _c, _p: item.number,
    "document_type": lambda item, _c, _p: item.document_type,
    "direction": lambda item, _c, _p: item.direction,
    "currency": lambda item, _c, _p: item.currency,
    "issue_date": lambda item, _c, _p: item.issue_date,
    "due_date": lambda item, _c, _p: item.due_date or "",
    "party.number": lambda item, _c, _p: item.party_number,
    "party.name": lambda item, _c, _p: item.party_name,
    "invoice_id": lambda item, _c, _p: str(item.invoice_id),
    "account.routing": lambda item, _c, _p: item.account.routing if item.account else "",
    "account.number": lambda item, _c, _p: item.account.number if item.account else "",
    "account.kind": lambda item, _c, _p: item.account.kind if item.account else "",
    "account.holder": lambda item, _c, _p: item.account.holder if item.account else "",
    "account.name": lambda item, _c, _p: (item.account.name or item.party_name) if item.account else "",
    "totals.payable": lambda item, _c, _p: amount_text(item.amount, item.currency),
    "signed_payable": lambda item, _c, _p: amount_text(item.signed, item.currency),
}
_OF_BATCH: dict[str, Callable[[Batch], str]] = {
    "entity.name": lambda batch: batch.entity,
    "job_id": lambda batch: str(batch.job_id),
    "posting_date": lambda batch: batch.posting_date.isoformat(),
}
OF_ITEM = frozenset(_FROM_ITEM)
"""Fields that need no look into the content."""
_FACTS = (Scope.EACH_ROW, Scope.ACCOUNTING, Scope.FILE)


def getter(node: Node, batch: Batch) -> Getter:
    """The text of a field as the document has it, or what an expression comes to."""
    if isinstance(node, Text):
        constant = node.value
        return lambda _item, _content, _part: constant
    if isinstance(node, Ref):
        return _field(node.path, batch)
    return _call(node, batch)


def _call(call: Call, batch: Batch) -> Getter:
    arguments = [_operand(part, batch) for part in call.arguments]
    pairs = [(key, _operand(value, batch)) for key, value in call.pairs]
    otherwise = None if call.otherwise is None else _operand(call.otherwise, batch)
    return CALLS[call.name](call, arguments, pairs, otherwise)


def _operand(node: Node, batch: Batch) -> Getter:
    """Inside an expression amounts have the decimals of their currency; the document may write fewer."""
    get = getter(node, batch)
    field = FIELDS.get(node.path) if isinstance(node, Ref) else None
    if field is None or field.kind is not ValueKind.AMOUNT or field.path == "totals.vat_accounting":
        return get
    return lambda item, content, part: padded(get(item, content, part), item.currency)


def padded(text: str, currency: str) -> str:
    """An amount with at least the decimals of its currency."""
    if not text:
        return text
    whole, _, decimals = text.removeprefix("+").partition(".")
    decimals = decimals.ljust(minor_digits(currency), "0")
    return f"{whole}.{decimals}" if decimals else whole


def _field(path: str, batch: Batch) -> Getter:
    if path in _OF_BATCH:
        value = _OF_BATCH[path](batch)
        return lambda _item, _content, _part: value
    if path in _FROM_ITEM:
        return _FROM_ITEM[path]
    if scope_of(path) in _FACTS:
        return lambda _item, _content, part: part.facts.get(path, "")
    if path.startswith(LINE):
        return _of_line(path.removeprefix(LINE))
    if path.startswith(TAX):
        name = path.removeprefix(TAX)
        return lambda _item, _content, part: _text(part.tax.get(name))
    if path.startswith(CUSTOM):
        name = path.removeprefix(CUSTOM)
        return lambda _item, content, _part: _text(_custom(content).get(name))
    steps = path.split(".")
    return lambda _item, content, _part: _text(_follow(content, steps))


def _of_line(path: str) -> Getter:
    if path.startswith(CUSTOM):
        name = path.removeprefix(CUSTOM)
        return lambda _item, _content, part: _text(_custom(part.line).get(name))
    steps = path.split(".")
    if len(steps) == 1:
        return lambda _item, _content, part: _text(part.line.get(path))
    return lambda _item, _content, part: _text(_follow(part.line, steps))


def _custom(content: Content) -> Content:
    given: Content = content.get("custom") or {}
    return given


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


def nobody(currency: str) -> Item:
    """What rows that belong to no invoice are made of: nothing but the currency of the file."""
    return Item(0, 0, "", "", "", 0, "", "", "", None, currency, 0, None, "{}")


__all__ = ["OF_ITEM", "Part", "getter", "nobody", "padded"]
