"""Rules of Peppol BIS Billing for sellers in Greece (GR-R): invoice number, MARK, tax numbers."""

from __future__ import annotations

import re
from typing import Final

from models.invoice_document import Document
from worker.formats.einvoice.findings import AT_SOURCE, Findings, shown
from worker.formats.einvoice.identifiers import is_greek

_TYPES: Final = frozenset({"1.1", "1.6", "2.1", "2.4", "5.1", "5.2"})
_MARK: Final = "##M.AR.K##"
_LINK: Final = "##INVOICE|URL##"
_SCHEME: Final = "9933"
_SEGMENTS: Final = 6


def check(document: Document, found: Findings) -> None:
    """Find what breaks them; the seller's VAT number, or else its address, is known to be Greek."""
    seller, buyer = document.get("seller", {}), document.get("buyer", {})
    _number(document, found)
    for side, party, rule in (("seller", seller, "GR-R-002"), ("buyer", buyer, "GR-R-005")):
        if "trading_name" not in party:
            found.missing(
                rule, "BT-28" if side == "seller" else "BT-45", f"the full (trading) name of the {side}"
            )
    if "vat_id" in seller:
        _vat(seller["vat_id"], "GR-R-003", "BT-31", "seller", found)
    theirs = buyer.get("vat_id", buyer.get("address", {}).get("country", ""))[:2].upper()
    if theirs in ("GR", "EL"):
        _vat(buyer.get("vat_id", ""), "GR-R-006", "BT-48", "buyer", found)
        if "endpoint" in buyer:
            _endpoint(
                buyer["endpoint"].get("scheme"),
                buyer["endpoint"].get("value", ""),
                "GR-R-010",
                "BT-49",
                found,
            )
    if seller.get("address", {}).get("country") == "GR":
        _documents(document, found)
    for one in document.get("attachments", ()):
        if one.get("description") == _LINK and "uri" not in one:
            found.missing("GR-R-008-3", "BT-124", "the address of the invoice's page")


def check_address(document: Document, found: Findings) -> None:
    """GR-R-009, which looks at the seller alone and not at its tax representative."""
    seller = document.get("seller", {})
    own = seller.get("vat_id", seller.get("address", {}).get("country", ""))[:2].upper()
    if own in ("GR", "EL") and "endpoint" in seller:
        scheme, value = seller["endpoint"].get("scheme"), seller["endpoint"].get("value", "")
        _endpoint(scheme, value, "GR-R-009", "BT-34", found)


def _vat(value: str, rule: str, term: str, side: str, found: Findings) -> None:
    if not (value.startswith("EL") and is_greek(value[2:])):
        reason = f"{shown(value)} of the {side} is no Greek VAT number"
        found.add(rule, term, reason, f"give EL and nine digits {AT_SOURCE}", value)


def _endpoint(scheme: str | None, value: str, rule: str, term: str, found: Findings) -> None:
    if scheme != _SCHEME or not is_greek(value):
        reason = f"the electronic address {shown(value)} is not a Greek tax number under scheme 9933"
        found.add(rule, term, reason, f"give it {AT_SOURCE}", value)


def _number(document: Document, found: Findings) -> None:
    """GR-R-001: TIN|DD/MM/YYYY|branch|type|series|number."""
    number = document.get("number", "")
    parts = number.split("|")
    year, month, day = [*document.get("issue_date", "").split("-"), "", "", ""][:3]
    holders = (document.get("seller", {}), document.get("tax_representative", {}))
    good = (
        len(parts) == _SEGMENTS
        and is_greek(parts[0])
        and any(holder.get("vat_id", "")[2:11] == parts[0] for holder in holders)
        and parts[1] == f"{day}/{month}/{year}"
        and year[:2] in ("19", "20")
        and re.fullmatch(r"[0-9]{1,9}", parts[2]) is not None
        and parts[3] in _TYPES
        and all(parts[4:])
    )
    if not good:
        reason = f"the invoice number {shown(number)} has not the parts of a Greek one"
        remedy = f"give TIN|DD/MM/YYYY|branch|document type|series|number {AT_SOURCE}"
        found.add("GR-R-001-1", "BT-1", reason, remedy, number)


def _documents(document: Document, found: Findings) -> None:
    described = [one.get("description") for one in document.get("attachments", ())]
    if described.count(_MARK) != 1:
        found.missing("GR-R-004-1", "BT-122", f"one supporting document {_MARK} with the MARK number")
    if described.count(_LINK) > 1:
        reason = "it has more than one page (##INVOICE|URL##)"
        found.add("GR-R-008-2", "BT-122", reason, f"give one {AT_SOURCE}")
    for one in document.get("attachments", ()):
        if one.get("description") == _MARK and not re.match(r"[1-9]", one.get("id", "")):
            reason = f"the MARK {shown(one.get('id', ''))} is no number"
            found.add("GR-R-004-2", "BT-122", reason, f"give it {AT_SOURCE}", one.get("id", ""))
