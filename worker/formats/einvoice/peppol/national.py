"""National rules of Peppol BIS Billing: what a seller's country asks for, and a few for buyers beside it."""

from __future__ import annotations

import re
from typing import Final

from models.invoice_document import Document, Party
from worker.formats.einvoice.findings import AT_SOURCE, Findings, shown
from worker.formats.einvoice.identifiers import is_norwegian, is_swedish
from worker.formats.einvoice.peppol import denmark, germany, greece
from worker.formats.einvoice.peppol.prepared import within

_ADDRESS: Final = (
    ("line1", "BT-35", "BT-50", "street"),
    ("city", "BT-37", "BT-52", "city"),
    ("postal_code", "BT-38", "BT-53", "post code"),
)
_DUTCH_MEANS: Final = frozenset({"30", "48", "49", "57", "58", "59"})
_DUTCH_SCHEMES: Final = frozenset({"0106", "0190"})
_SWEDISH_RATES: Final = frozenset({"25", "12", "6"})
_ICELANDIC: Final = "0196"
_ICELANDIC_MEANS: Final = {"9": "IS-R-006", "42": "IS-R-007"}
_ICELANDIC_ACCOUNT: Final = 12
_LAST_DAY: Final = "EINDAGI"


def check(document: Document, found: Findings) -> None:
    """Find what breaks the rules of the countries of seller and buyer."""
    home = document.get("seller", {}).get("address", {}).get("country", "")
    by_vat = _vat_country(document) or home
    for country, rules in ((home, _BY_ADDRESS), (by_vat, _BY_VAT_NUMBER)):
        if country in rules:
            rules[country](document, found)
    greece.check_address(document, found)


def is_german(document: Document) -> bool:
    """Whether seller and buyer both are in Germany."""
    return within(document, "DE")


def _vat_country(document: Document) -> str:
    """The country of the seller's VAT number, or else of its representative's."""
    for side in (document.get("seller", {}), document.get("tax_representative", {})):
        if "vat_id" in side:
            return side["vat_id"][:2].upper()
    return ""


def _norway(document: Document, found: Findings) -> None:
    value = document.get("seller", {}).get("vat_id", "")
    if value.startswith("NO") and not (value.endswith("MVA") and is_norwegian(value[2:-3])):
        reason = f"{shown(value)} is no Norwegian VAT number"
        found.add("NO-R-001", "BT-31", reason, f"give NO, nine digits and MVA {AT_SOURCE}", value)


def _italy(document: Document, found: Findings) -> None:
    seller = document.get("seller", {})
    value = seller.get("tax_id")
    if value is not None and not re.fullmatch(r"[A-Z0-9]{11,16}", value):
        reason = (
            f"the tax registration {shown(value)} of an Italian seller is not 11 to 16 letters and digits"
        )
        found.add("IT-R-001", "BT-32", reason, f"give the Codice Fiscale {AT_SOURCE}", value)
    address = seller.get("address", {})
    for rule, (name, term, _, what) in zip(("IT-R-002", "IT-R-003", "IT-R-004"), _ADDRESS, strict=True):
        if name not in address and not (name == "line1" and "building" in address):
            found.missing(rule, term, f"the {what} of an Italian seller")


def _sweden(document: Document, found: Findings) -> None:
    seller = document.get("seller", {})
    vat = seller.get("vat_id", "")
    if vat.startswith("SE"):
        if not re.fullmatch(r"SE[0-9]{12}", vat):
            reason = f"the VAT number {shown(vat)} of a Swedish seller is not SE and twelve digits"
            found.add("SE-R-001", "BT-31", reason, f"correct it {AT_SOURCE}", vat)
        _swedish_rates(document, found)
    if "legal_id" in seller:
        value = seller["legal_id"].get("value", "")
        if not is_swedish(value):
            reason = f"{shown(value)} is no Swedish organisation number"
            found.add(
                "SE-R-013",
                "BT-30",
                reason,
                f"give its ten digits, the last a check digit, {AT_SOURCE}",
                value,
            )
        tax = seller.get("tax_id")
        if tax is not None and " ".join(tax.split()).upper() != "GODKÄND FÖR F-SKATT":
            reason = f"the tax registration of a Swedish seller is {shown(tax)}"
            found.add("SE-R-005", "BT-32", reason, f"give “Godkänd för F-skatt” {AT_SOURCE}", tax)


def _swedish_rates(document: Document, found: Findings) -> None:
    uses = [*document.get("lines", ()), *document.get("allowances", ()), *document.get("charges", ())]
    for use in uses:
        rate = use.get("vat_rate", "").strip("+")
        whole = rate.rstrip("0").rstrip(".") if "." in rate else rate
        if use.get("vat_category") == "S" and whole not in _SWEDISH_RATES:
            reason = f"the VAT rate {rate} is none of Sweden's (25, 12, 6)"
            found.add("SE-R-006", "BT-152", reason, f"give one of them {AT_SOURCE}", rate)


def _iceland(document: Document, found: Findings) -> None:
    sides = [("seller", "IS-R-002", "IS-R-003", "BT-30")]
    if within(document, "IS"):
        sides.append(("buyer", "IS-R-004", "IS-R-005", "BT-47"))
    for side, number, address, term in sides:
        party: Party = document.get(side, {})  # type: ignore[assignment]
        if party.get("legal_id", {}).get("scheme") != _ICELANDIC:
            found.missing(number, term, f"the kennitala of the Icelandic {side}, under scheme 0196,")
        if not _has(party, "line1") or not _has(party, "postal_code"):
            found.missing(address, "BT-35", f"street and post code of the Icelandic {side}")
    for payment in document.get("payment", ()):
        rule = _ICELANDIC_MEANS.get(payment.get("means_code", ""))
        account = payment.get("account", {}).get("id", "")
        if rule and len(" ".join(account.split())) != _ICELANDIC_ACCOUNT:
            reason = f"the Icelandic account {shown(account)} has not twelve characters"
            found.add(rule, "BT-84", reason, f"give bank, ledger and number {AT_SOURCE}", account)
    _icelandic_last_day(document, found)


def _icelandic_last_day(document: Document, found: Findings) -> None:
    """EINDAGI: the last day of payment, as a supporting document whose number is that day."""
    stated = [
        one.get("id", "") for one in document.get("attachments", ()) if one.get("description") == _LAST_DAY
    ]
    due = document.get("due_date")
    for day in stated:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day) or len(stated) > 1:
            found.no_day("IS-R-008", "BT-122", "the last day of payment (EINDAGI)", day)
        if due is None or document.get("document_type") == "credit_note":
            found.missing("IS-R-009", "BT-9", "the due date that a last day of payment (EINDAGI) goes with")
        elif day < due:
            reason = f"the last day of payment (EINDAGI) is {day}, before the due date {due}"
            found.add("IS-R-010", "BT-122", reason, f"correct one of them {AT_SOURCE}", day)


def _netherlands(document: Document, found: Findings) -> None:
    credit = document.get("document_type") == "credit_note"
    if credit and not document.get("preceding_invoices"):
        found.missing("NL-R-001", "BT-25", "the number of the invoice that a Dutch credit note corrects")
    both = within(document, "NL")
    _dutch_party(document.get("seller", {}), "NL-R-002", "NL-R-003", "seller", found)
    if both:
        _dutch_party(document.get("buyer", {}), "NL-R-004", "NL-R-005", "buyer", found)
    agent = document.get("tax_representative", {})
    if agent.get("address", {}).get("country") == "NL":
        _dutch_address(agent, "NL-R-006", "tax representative", found)  # type: ignore[arg-type]
    payable = document.get("totals", {}).get("payable", "0")
    owed = payable.startswith("-") if credit else not payable.startswith("-")
    if owed and payable.strip("-+0.") and not document.get("payment"):
        found.missing("NL-R-007", "BG-16", "how a Dutch seller is to be paid")
    for payment in document.get("payment", ()):
        if both and payment.get("means_code") not in _DUTCH_MEANS:
            reason = f"the payment means {payment.get('means_code')} is not used between Dutch parties"
            remedy = f"give one of {', '.join(sorted(_DUTCH_MEANS))} {AT_SOURCE}"
            found.add("NL-R-008", "BT-81", reason, remedy, payment.get("means_code", ""))
    if any("order_line" in line for line in document.get("lines", ())) and "order_reference" not in document:
        found.missing("NL-R-009", "BT-13", "the number of the order whose lines are referred to")


def _dutch_party(party: Party, address: str, legal: str, side: str, found: Findings) -> None:
    _dutch_address(party, address, side, found)
    number = party.get("legal_id")
    if number is not None and number.get("scheme") not in _DUTCH_SCHEMES:
        reason = (
            f"the legal registration of the Dutch {side} is under scheme {number.get('scheme', '(none)')}"
        )
        remedy = f"give its KVK (0106) or OIN (0190) number {AT_SOURCE}"
        found.add(legal, "BT-30" if side == "seller" else "BT-47", reason, remedy, number.get("value", ""))


def _dutch_address(party: Party, rule: str, side: str, found: Findings) -> None:
    for name, ours, theirs, what in _ADDRESS:
        if not _has(party, name):
            found.missing(rule, theirs if side == "buyer" else ours, f"the {what} of the Dutch {side}")


def _has(party: Party, name: str) -> bool:
    """Whether the address has this part; a house number makes a street."""
    address = party.get("address", {})
    return name in address or (name == "line1" and "building" in address)


_BY_ADDRESS: Final = {
    "DE": germany.check,
    "DK": denmark.check,
    "IS": _iceland,
    "NL": _netherlands,
    "SE": _sweden,
}
_BY_VAT_NUMBER: Final = {"EL": greece.check, "GR": greece.check, "IT": _italy, "NO": _norway}
