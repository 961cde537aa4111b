"""An invoice's content in the words of EN 16931: as a tree to be read, and what two versions differ in.

Business terms (BT) and groups (BG) are those of EN 16931-1:2017, table 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from models.document_fields import FIELDS, LINE
from models.invoices import Invoice, content

# By path; a line's begin with `line.`, as those of columns do.
TERMS: Mapping[str, str] = {
    "number": "BT-1",
    "issue_date": "BT-2",
    "type_code": "BT-3",
    "currency": "BT-5",
    "tax_currency": "BT-6",
    "tax_point_date": "BT-7",
    "due_date": "BT-9",
    "buyer_reference": "BT-10",
    "project_reference": "BT-11",
    "contract_reference": "BT-12",
    "order_reference": "BT-13",
    "sales_order_reference": "BT-14",
    "receipt_reference": "BT-15",
    "despatch_reference": "BT-16",
    "tender_reference": "BT-17",
    "invoiced_object": "BT-18",
    "buyer_accounting_reference": "BT-19",
    "payment_terms": "BT-20",
    "notes": "BT-22",
    "preceding_invoices": "BG-3",
    "seller": "BG-4",
    "seller.name": "BT-27",
    "seller.vat_id": "BT-31",
    "buyer": "BG-7",
    "buyer.name": "BT-44",
    "buyer.vat_id": "BT-48",
    "payee": "BG-10",
    "tax_representative": "BG-11",
    "delivery": "BG-13",
    "period": "BG-14",
    "payment": "BG-16",
    "allowances": "BG-20",
    "charges": "BG-21",
    "totals": "BG-22",
    "totals.line_net": "BT-106",
    "totals.allowances": "BT-107",
    "totals.charges": "BT-108",
    "totals.without_vat": "BT-109",
    "totals.vat": "BT-110",
    "totals.vat_accounting": "BT-111",
    "totals.with_vat": "BT-112",
    "totals.paid": "BT-113",
    "totals.rounding": "BT-114",
    "totals.payable": "BT-115",
    "vat_breakdown": "BG-23",
    "attachments": "BG-24",
    "lines": "BG-25",
    "line.id": "BT-126",
    "line.note": "BT-127",
    "line.quantity": "BT-129",
    "line.unit": "BT-130",
    "line.net": "BT-131",
    "line.order_line": "BT-132",
    "line.accounting_reference": "BT-133",
    "line.period": "BG-26",
    "line.allowances": "BG-27",
    "line.charges": "BG-28",
    "line.price": "BT-146",
    "line.vat_category": "BT-151",
    "line.vat_rate": "BT-152",
    "line.item": "BG-31",
    "line.item.name": "BT-153",
    "line.item.description": "BT-154",
}
_GROUPS = {
    "lines": "Lines",
    "vat_breakdown": "VAT breakdown",
    "preceding_invoices": "Preceding invoices",
    "tax_representative": "Tax representative",
    "custom": "Without a field here",
    "other": "Elsewhere in the source",
}
_RANK = {path: rank for rank, path in enumerate(TERMS)}
_LONGEST = 200  # characters of one value: an attachment is as long as it likes


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One term with its value, or one group with what it holds."""

    path: str
    """Where it stands: `lines[2].item.name`."""
    label: str
    term: str
    """`BT-1`, `BG-25`; empty where the standard has none."""
    value: str = ""
    children: tuple[Node, ...] = ()


class Difference(NamedTuple):
    """One value that two versions do not share; empty: not there."""

    path: str
    label: str
    before: str
    after: str


def tree(invoice: Invoice, version: int | None = None) -> tuple[Node, ...]:
    """The content of a version, the current one when none is named; raises `NotFound`."""
    return as_tree(content(invoice, version))


def as_tree(document: Mapping[str, Any]) -> tuple[Node, ...]:
    """A content's terms and groups, in the standard's order, what it does not know after them."""
    return tuple(_node(key, key, value) for key, value in _in_order("", document))


def differences(invoice: Invoice, before: int, after: int) -> list[Difference]:
    """What changed from one version to another, in the order of the content; raises `NotFound`."""
    return compared(content(invoice, before), content(invoice, after))


def compared(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What differs between two contents. Lines are told apart by their own id, not by their place."""
    was, now = dict(_leaves(before)), dict(_leaves(after))
    places = list(dict.fromkeys([*was, *now]))
    nothing = ("", "")
    return [
        Difference(
            path, (now.get(path) or was[path])[0], was.get(path, nothing)[1], now.get(path, nothing)[1]
        )
        for path in places
        if was.get(path, nothing)[1] != now.get(path, nothing)[1]
    ]


def _node(path: str, general: str, value: Any) -> Node:
    """`general`: the path without places, a line's beginning with `line.`."""
    label, term = _label(general), TERMS.get(general, "")
    if isinstance(value, Mapping):
        inside = _under(general)
        children = tuple(
            _node(f"{path}.{key}", f"{inside}{key}", one) for key, one in _in_order(inside, value)
        )
        return Node(path=path, label=label, term=term, children=children)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return Node(path=path, label=label, term=term, children=tuple(_entries(path, general, value)))
    return Node(path=path, label=label, term=term, value=_text(value))


def _in_order(inside: str, values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What says something; a stored content has its keys by the alphabet."""
    said = [(key, value) for key, value in values.items() if _says_something(value)]
    return sorted(said, key=lambda item: _RANK.get(f"{inside}{item[0]}", len(_RANK)))


def _entries(path: str, general: str, values: Sequence[Any]) -> Iterator[Node]:
    for place, value in zip(_places(general, values), values, strict=True):
        node = _node(f"{path}[{place}]", general, value)
        named = f"Line {place}" if general == "lines" else f"{node.label} {place}"
        yield Node(path=node.path, label=named, term=node.term, value=node.value, children=node.children)


def _leaves(document: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each value's path, with the words that lead to it and itself."""
    pending: list[tuple[tuple[str, ...], Node]] = [((), node) for node in reversed(as_tree(document))]
    while pending:
        above, node = pending.pop()
        words = (*above, node.label)
        if not node.children:
            yield node.path, (" · ".join(words), node.value)
        kept = above if node.path == "lines" else words
        pending += [(kept, child) for child in reversed(node.children)]


def _places(general: str, values: Sequence[Any]) -> list[str]:
    """What tells the entries apart: lines by their id where each has its own, others by their place."""
    ids = [str(value.get("id", "")) if isinstance(value, Mapping) else "" for value in values]
    if general == "lines" and all(ids) and len(set(ids)) == len(ids):
        return ids
    return [str(place) for place in range(1, len(values) + 1)]


def _under(general: str) -> str:
    return LINE if general == "lines" else f"{general}."


def _label(general: str) -> str:
    if general in _GROUPS:
        return _GROUPS[general]
    if general in FIELDS:
        return FIELDS[general].title
    return general.rpartition(".")[2].replace("_", " ").capitalize()


def _text(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"


def _says_something(value: Any) -> bool:
    return value not in (None, "", [], {})
