"""A completed document in the shape that Peppol BIS Billing 3.0 has: said otherwise, never otherwise meant.

Schemes of OIOUBL become ISO 6523 codes, notes one note, a slip's type and digits one payment reference. What
has no place and no legal weight is left out, and told by `not_carried`.
"""

from __future__ import annotations

from typing import Any, Final, cast

from models.invoice_document import (
    AllowanceCharge,
    Document,
    Line,
    LineItem,
    Party,
    Payment,
)
from worker.formats.einvoice import schemes
from worker.formats.einvoice.amounts import EXACT, number, text
from worker.formats.einvoice.oioubl import payments

_SLIPS: Final = frozenset({"50", "93"})
_DANISH_TRANSFERS: Final = frozenset({"31", "42"})
_ITEM_SCHEMES: Final = {"GTIN": "0160", "EAN13": "0160", "EAN": "0160", "GLN": "0088"}
_CLASSIFICATIONS: Final = {"UNSPSC": "TST"}
NO_ORDER: Final = "NA"
"""What stands for a purchase order that is not known, where the seller's own order is."""


def prepare(document: Document) -> Document:
    """The document as it is checked and written; the given one is left as it is."""
    found = document.copy()
    for side in ("seller", "buyer"):
        if side in found:
            cast("dict[str, Any]", found)[side] = _party(found[side])
    _payee(found)
    if "payment" in found:
        if within(found, "DK"):
            found["payment"] = [payments.as_danish(payment) for payment in found["payment"]]
        found["payment"] = [_payment(payment) for payment in found["payment"]]
    if "sales_order_reference" in found:
        found.setdefault("order_reference", NO_ORDER)
    if len(found.get("notes", ())) > 1 and not within(found, "DE"):
        found["notes"] = ["\n".join(found["notes"])]
    if within(found, "DE") and found.get("payment_terms", "").rpartition("\n")[2].startswith("#"):
        found["payment_terms"] += "\n"  # DE-R-018: a line of discount terms ends like a line
    for kind in ("allowances", "charges"):
        if kind in found:
            cast("dict[str, Any]", found)[kind] = [_detail(one) for one in found[kind]]
    found["lines"] = [_line(line) for line in found.get("lines", ())]
    return found


def within(document: Document, country: str) -> bool:
    """Whether seller and buyer both are of this country, by their addresses."""
    sides = (document.get("seller", {}), document.get("buyer", {}))
    return all(side.get("address", {}).get("country") == country for side in sides)


def _party(party: Party) -> Party:
    found = party.copy()
    if "identifiers" in found:
        found["identifiers"] = [schemes.as_iso(one) for one in found["identifiers"]]
    if "endpoint" in found:
        found["endpoint"] = schemes.as_iso(found["endpoint"])
    if "legal_id" in found:
        country = found.get("address", {}).get("country", "")
        found["legal_id"] = schemes.known(schemes.as_iso(found["legal_id"]), country)
    return found


def _payee(document: Document) -> None:
    """Leave out a payee that is the seller: naming one says that somebody else is paid (UBL-SR-19)."""
    payee = document.get("payee")
    if payee is None:
        return
    seller = document.get("seller", {})
    if "name" in payee and payee["name"] in (seller.get("name"), seller.get("trading_name")):
        del document["payee"]
        return
    found = payee.copy()
    if "identifiers" in found:
        found["identifiers"] = [schemes.as_iso(one) for one in found["identifiers"]]
    if "legal_id" in found:
        found["legal_id"] = schemes.as_iso(found["legal_id"])
    document["payee"] = found


def _payment(payment: Payment) -> Payment:
    found = payment.copy()
    if found.get("means_code") in _SLIPS and "instruction" in found:
        found["remittance"] = f"{found.get('remittance', '')}#{found['instruction']}"
        del found["instruction"]
    account = found.get("account")
    if account and "bic" in account and "branch" in account:
        # The element that names the bank stands once.
        gone = "bic" if found.get("means_code") in _DANISH_TRANSFERS else "branch"
        found["account"] = cast("Any", {name: value for name, value in account.items() if name != gone})
    return found


def _detail(detail: AllowanceCharge) -> AllowanceCharge:
    """A base and a percentage go together or not at all (R041, R042)."""
    if ("base" in detail) == ("percent" in detail):
        return detail
    return cast(
        "AllowanceCharge", {name: value for name, value in detail.items() if name not in ("base", "percent")}
    )


def _line(line: Line) -> Line:
    found = line.copy()
    for kind in ("allowances", "charges"):
        if kind in found:
            cast("dict[str, Any]", found)[kind] = [_detail(one) for one in found[kind]]
    if "gross_price" in found and "price_discount" not in found and "price" in found:
        gross, net = number(found["gross_price"]), number(found["price"])
        if gross is not None and net is not None:
            found["price_discount"] = text(EXACT.subtract(gross, net))
    if "item" in found:
        found["item"] = _item(found["item"])
    return found


def _item(item: LineItem) -> LineItem:
    found = item
    standard = item.get("standard_id")
    if standard and standard.get("scheme") in _ITEM_SCHEMES:
        found = {**found, "standard_id": {**standard, "scheme": _ITEM_SCHEMES[standard["scheme"]]}}
    if any(one.get("scheme") in _CLASSIFICATIONS for one in item.get("classifications", ())):
        translated = [
            {**one, "scheme": _CLASSIFICATIONS.get(one.get("scheme", ""), one.get("scheme", ""))}
            for one in item["classifications"]
        ]
        found = {**found, "classifications": cast("Any", translated)}
    return found
