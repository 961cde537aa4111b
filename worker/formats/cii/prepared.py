"""A completed document in the codes that this syntax has: said otherwise, never otherwise meant."""

from __future__ import annotations

from typing import Any, Final, TypeVar, cast

from models.invoice_document import Document, Line, LineItem, Party, Payee, VatSubtotal
from worker.formats.einvoice import schemes
from worker.formats.einvoice.amounts import EXACT, number, text
from worker.formats.einvoice.completed import complete

# As OIOUBL and older UBL name schemes of item numbers, by ISO 6523 and UNTDID 7143.
_ITEMS: Final = {"GTIN": "0160", "EAN13": "0160", "EAN": "0160", "GLN": "0088"}
_CLASSES: Final = {"UNSPSC": "TST"}
_Somebody = TypeVar("_Somebody", Party, Payee)


def prepare(document: Document, direction: str) -> Document:
    """The document as it is checked and written; the given one is left as it is."""
    found = complete(document, direction)
    for side in ("seller", "buyer", "payee"):
        if side in found:
            cast("dict[str, Any]", found)[side] = _somebody(found[side])
    # Naming a payee says that somebody else is paid (BR-17).
    if "payee" in found and found["payee"].get("name") == found.get("seller", {}).get("name"):
        del found["payee"]
    delivery = found.get("delivery", {})
    if "location" in delivery:
        found["delivery"] = {**delivery, "location": schemes.as_iso(delivery["location"])}
    if "lines" in found:
        found["lines"] = [_line(line) for line in found["lines"]]
    if "vat_breakdown" in found:
        found["vat_breakdown"] = [_group(group) for group in found["vat_breakdown"]]
    return found


def _group(group: VatSubtotal) -> VatSubtotal:
    """VATEX codes in capitals, as their list has them; EN 16931 asks for no more than the same letters."""
    code = group.get("exemption_code")
    return group if code is None else {**group, "exemption_code": code.upper()}


def _somebody(given: _Somebody) -> _Somebody:
    """Seller, buyer or payee with the schemes of their numbers as ISO 6523 codes."""
    found: dict[str, Any] = dict(given)
    if "identifiers" in found:
        ids = [schemes.as_iso(one) for one in found["identifiers"]]
        found["identifiers"] = [one for place, one in enumerate(ids) if one not in ids[:place]]
    for name in ("legal_id", "endpoint"):
        if name in found:
            found[name] = schemes.as_iso(found[name])
    return cast("_Somebody", found)


def _line(line: Line) -> Line:
    if "price_discount" in line and "gross_price" not in line:
        line = _with_gross_price(line)
    item = line.get("item", {})
    if "standard_id" not in item and "classifications" not in item:
        return line
    return {**line, "item": _item(item)}


def _with_gross_price(line: Line) -> Line:
    """The price before its discount (BT-148), beside which alone the discount has a place."""
    price, discount = number(line.get("price", "")), number(line["price_discount"])
    if price is None or discount is None:
        return line
    return {**line, "gross_price": text(EXACT.add(price, discount))}


def _item(item: LineItem) -> LineItem:
    found = item.copy()
    if "standard_id" in found:
        scheme = found["standard_id"].get("scheme", "")
        if scheme in _ITEMS:
            found["standard_id"] = {**found["standard_id"], "scheme": _ITEMS[scheme]}
    if "classifications" in found:
        found["classifications"] = [
            {**one, "scheme": _CLASSES.get(one["scheme"], one["scheme"])} if "scheme" in one else one
            for one in found["classifications"]
        ]
    return found
