"""A completed document in the shape that OIOUBL 2.1 has: said otherwise, never otherwise meant.

ISO 6523 schemes become OIOUBL's names, a line's allowances and charges become part of its price (F-INV340
knows none), notes become one, and the buyer's reference and order that nobody stated become "n/a".
"""

from __future__ import annotations

from typing import Any, Final, cast

from models.invoice_document import Document, Identifier, Line, LineItem, Party
from worker.formats.einvoice import codes, schemes
from worker.formats.einvoice.amounts import number, text
from worker.formats.einvoice.oioubl import payments
from worker.formats.einvoice.schemes import OTHER

NOT_KNOWN: Final = "n/a"
_LEGAL: Final = frozenset({"DK:CVR", "DK:CPR", OTHER})
_CLASSIFICATIONS: Final = {"TST": "UNSPSC"}
_ITEM_SCHEMES: Final = {"0160": "GTIN", "0088": "GLN"}


def prepare(document: Document) -> Document:
    """The document as it is checked and written; the given one is left as it is."""
    found = document.copy()
    for side in ("seller", "buyer", "payee"):
        if side in found:
            cast("dict[str, Any]", found)[side] = _party(cast("Party", found[side]))
    found.setdefault("order_reference", NOT_KNOWN)
    found.setdefault("buyer_reference", NOT_KNOWN)
    if len(found.get("notes", ())) > 1:
        found["notes"] = ["\n".join(found["notes"])]
    if "payment" in found:
        found["payment"] = [payments.prepare(payment) for payment in found["payment"]]
    found["lines"] = [_line(line) for line in found.get("lines", ())]
    return found


def is_folded(line: Line) -> bool:
    """Whether the line's allowances and charges have to become part of its price."""
    return bool(line.get("allowances") or line.get("charges"))


def _party(party: Party) -> Party:
    found = party.copy()
    if "identifiers" in found:
        found["identifiers"] = [_identification(one) for one in found["identifiers"]]
    if "endpoint" in found:
        found["endpoint"] = schemes.as_oioubl(found["endpoint"])
    if "legal_id" in found:
        country = found.get("address", {}).get("country", "")
        legal = schemes.as_oioubl(schemes.known(found["legal_id"], country))
        found["legal_id"] = legal if legal.get("scheme") in _LEGAL else {**legal, "scheme": OTHER}
    return found


def _identification(one: Identifier) -> Identifier:
    translated = schemes.as_oioubl(one)
    if translated.get("scheme") in codes.load("oioubl_parties"):
        return translated
    return {**translated, "scheme": OTHER}


def _line(line: Line) -> Line:
    found = line.copy()
    if is_folded(line):
        _fold(found)
    if "item" in found:
        found["item"] = _item(found["item"])
    return found


def _fold(line: Line) -> None:
    """The price is the line's amount for its whole quantity, so that no cent is lost."""
    net, quantity = number(line.get("net", "")), number(line.get("quantity", ""))
    if net is None or not quantity:
        return
    line["price"] = text(-net if quantity < 0 else net)
    line["base_quantity"] = text(abs(quantity))
    for name in ("gross_price", "price_discount"):
        line.pop(name, None)  # type: ignore[misc]


def _item(item: LineItem) -> LineItem:
    found = item.copy()
    standard = item.get("standard_id", {})
    if standard.get("scheme") in _ITEM_SCHEMES:
        found["standard_id"] = {**standard, "scheme": _ITEM_SCHEMES[standard["scheme"]]}
    if "classifications" in found:
        found["classifications"] = [
            {**one, "scheme": _CLASSIFICATIONS[one["scheme"]]}
            if one.get("scheme") in _CLASSIFICATIONS
            else one
            for one in found["classifications"]
        ]
    return found
