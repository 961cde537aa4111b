"""Rules of VAT that are about the parties: who must be registered, and where, for a category to be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from models.invoice_document import Document
from worker.formats.einvoice.amounts import NO_RATE
from worker.formats.einvoice.findings import AT_SOURCE, Findings

if TYPE_CHECKING:
    from worker.formats.einvoice.rules.vat import Use

_BY_VAT_NUMBER: Final = frozenset({"K", "G"})
"""Categories for which another tax number of the seller does not do."""


def check(document: Document, uses: Sequence[Use], found: Findings) -> None:
    """BR-x-02 to BR-x-04, BR-IC-11, BR-IC-12, BR-O-11 to BR-O-14, BR-B-01, BR-B-02."""
    seen: set[tuple[str, str]] = set()
    for use in uses:
        if (use.category, use.party_rule) not in seen:
            seen.add((use.category, use.party_rule))
            _registered(document, use, found)
    groups = {group.get("category") for group in document.get("vat_breakdown", ())}
    if "K" in groups:
        _intra_community(document, found)
    if NO_RATE in groups:
        _alone(groups, uses, found)
    _split_payment(document, groups | {use.category for use in uses}, found)


def _registered(document: Document, use: Use, found: Findings) -> None:
    from worker.formats.einvoice.rules.vat import PREFIX

    category, seller, buyer = use.category, document.get("seller", {}), document.get("buyer", {})
    if category not in PREFIX:
        return
    rule = f"BR-{PREFIX[category]}-{use.party_rule}"
    vat = "vat_id" in seller or "vat_id" in document.get("tax_representative", {})
    if category == NO_RATE:
        if vat or "vat_id" in buyer:
            reason = f"{use.where} is not subject to VAT (category O), but a VAT number is given"
            remedy = f"leave out the VAT numbers of seller, tax representative and buyer, {AT_SOURCE}"
            found.add(rule, use.term, reason, remedy, category)
        return
    if not vat and (category in _BY_VAT_NUMBER or "tax_id" not in seller):
        found.missing(
            rule, "BT-31", f"the seller's VAT number, which category {category} of {use.where} asks for,"
        )
    if category == "K" and "vat_id" not in buyer:
        found.missing(rule, "BT-48", f"the buyer's VAT number, which category K of {use.where} asks for,")
    if category == "AE" and "vat_id" not in buyer and "legal_id" not in buyer:
        what = f"the buyer's VAT or registration number, which category AE of {use.where} asks for,"
        found.missing(rule, "BT-48", what)


def _intra_community(document: Document, found: Findings) -> None:
    delivery = document.get("delivery", {})
    if "date" not in delivery and not document.get("period") and "tax_point_code" not in document:
        what = "the day of delivery or the invoicing period, which a supply within the Community needs,"
        found.missing("BR-IC-11", "BT-72", what)
    if "country" not in delivery.get("address", {}):
        what = "the country of delivery, which a supply within the Community needs,"
        found.missing("BR-IC-12", "BT-80", what)


def _alone(groups: set[str | None], uses: Sequence[Use], found: Findings) -> None:
    remedy = f"invoice what is not subject to VAT apart from the rest, {AT_SOURCE}"
    if groups != {NO_RATE}:
        reason = "a document that is not subject to VAT (category O) has VAT groups of other categories"
        found.add("BR-O-11", "BG-23", reason, remedy)
    codes = {"BT-151": "BR-O-12", "BT-95": "BR-O-13", "BT-102": "BR-O-14"}
    for use in uses:
        if use.category != NO_RATE:
            reason = f"{use.where} has VAT category {use.category} in a document that is not subject to VAT"
            found.add(codes[use.term], use.term, reason, remedy, use.category)


def _split_payment(document: Document, categories: set[str | None], found: Findings) -> None:
    """Category B is Italy's alone."""
    if "B" not in categories:
        return
    countries = set(_countries(document))
    if countries - {"IT"}:
        reason = "VAT category B (split payment) is for documents within Italy"
        found.add("BR-B-01", "BT-151", reason, f"give another category {AT_SOURCE}", "B")
    if "S" in categories:
        reason = "VAT category B (split payment) does not go together with category S"
        found.add("BR-B-02", "BT-151", reason, f"give one of the two {AT_SOURCE}", "B")


def _countries(document: Document) -> list[str]:
    parties = (document.get("seller", {}), document.get("buyer", {}), document.get("tax_representative", {}))
    places = [
        *(party.get("address", {}) for party in parties),
        document.get("delivery", {}).get("address", {}),
    ]
    found = [place["country"] for place in places if "country" in place]
    return found + [line["item"]["origin_country"] for line in document.get("lines", ())
                    if "origin_country" in line.get("item", {})]  # fmt: skip
