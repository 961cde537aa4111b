"""Rules of Peppol BIS Billing within Germany (DE-R), those of XRechnung that Peppol holds everybody to."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from models.invoice_document import Document, Payment
from worker.formats.einvoice.findings import AT_SOURCE, Findings, shown
from worker.formats.einvoice.peppol.prepared import within

_DISCOUNT = re.compile(r"#SKONTO#TAGE=[0-9]+#PROZENT=[0-9]+\.[0-9]{2}(#BASISBETRAG=-?[0-9]+\.[0-9]{2})?#")
_AFTER_LINES = re.compile(r"\s*\n")
_CREDITOR: Final = "SEPA"
_REGISTERED: Final = frozenset({"S", "Z", "E", "AE", "K", "G", "L", "M"})
# Kind of payment: its codes, the group it needs, its rules, the groups it must not have.
_PAYMENTS: Final = (
    (("30", "58"), "account", "DE-R-023-1", "DE-R-023-2", ("card", "mandate")),
    (("48", "54", "55"), "card", "DE-R-024-1", "DE-R-024-2", ("account", "mandate")),
    (("59",), "mandate", "DE-R-025-1", "DE-R-025-2", ("account", "card")),
)
_CONTACT: Final = (
    ("name", "DE-R-005", "BT-41"),
    ("phone", "DE-R-006", "BT-42"),
    ("email", "DE-R-007", "BT-43"),
)
_PLACES: Final = (
    ("seller", ("DE-R-003", "BT-37"), ("DE-R-004", "BT-38")),
    ("buyer", ("DE-R-008", "BT-52"), ("DE-R-009", "BT-53")),
    ("delivery", ("DE-R-010", "BT-77"), ("DE-R-011", "BT-78")),
)


def check(document: Document, found: Findings) -> None:
    """Find what breaks them; the seller is known to be in Germany."""
    if not within(document, "DE"):
        return
    if not document.get("payment"):
        found.missing("DE-R-001", "BG-16", "how the German seller is to be paid")
    if "buyer_reference" not in document:
        found.missing("DE-R-015", "BT-10", "the buyer's reference (Leitweg-ID)")
    _contact(document, found)
    _places(document, found)
    _registered(document, found)
    _discounts(document.get("payment_terms", ""), found)
    _files(document, found)
    for payment in document.get("payment", ()):
        _payment(payment, document, found)


def _contact(document: Document, found: Findings) -> None:
    contact = document.get("seller", {}).get("contact", {})
    if not contact:
        found.missing("DE-R-002", "BG-6", "the contact of the German seller")
    else:
        for name, rule, term in _CONTACT:
            if name not in contact:
                found.missing(rule, term, f"the {name} of the German seller's contact")


def _places(document: Document, found: Findings) -> None:
    for side, city, code in _PLACES:
        address = document.get(side, {}).get("address")  # type: ignore[attr-defined]
        if address:
            for name, (rule, term) in (("city", city), ("postal_code", code)):
                if name not in address:
                    found.missing(rule, term, f"the {name.replace('_', ' ')} of the {side}")


def _registered(document: Document, found: Findings) -> None:
    seller = document.get("seller", {})
    uses = [*document.get("lines", ()), *document.get("allowances", ()), *document.get("charges", ())]
    taxed = any(use.get("vat_category") in _REGISTERED for use in uses)
    if taxed and not ("vat_id" in seller or "tax_id" in seller or document.get("tax_representative")):
        found.missing("DE-R-016", "BT-31", "a VAT or tax number of the German seller")
    for group in document.get("vat_breakdown", ()):
        if "rate" not in group:
            what = f"the rate of the VAT group {group.get('category', '')} (0 where there is none)"
            found.missing("DE-R-014", "BT-119", what)


def _discounts(terms: str, found: Findings) -> None:
    lines = [line for line in re.split(r"\r?\n", terms) if " ".join(line.split()).startswith("#")]
    wrong = next((line for line in lines if not _DISCOUNT.fullmatch(" ".join(line.split()))), None)
    after = re.split(r"#[^\n\r]+#", terms)[-1]
    if wrong is None and lines and not _AFTER_LINES.match(after):
        wrong = lines[-1]
    if wrong is not None:
        remedy = f"write #SKONTO#TAGE=14#PROZENT=2.25#, each in a line of its own, {AT_SOURCE}"
        found.add("DE-R-018", "BT-20", f"the discount terms {shown(wrong)} cannot be read", remedy, wrong)


def _files(document: Document, found: Findings) -> None:
    names = Counter(one["filename"] for one in document.get("attachments", ()) if "filename" in one)
    for name, count in names.items():
        if count > 1:
            reason = f"{count} attachments are called {shown(name)}"
            found.add("DE-R-022", "BT-125", reason, f"give each a name of its own {AT_SOURCE}", name)


def _payment(payment: Payment, document: Document, found: Findings) -> None:
    code = payment.get("means_code", "")
    for codes, needed, missing, others, unwanted in _PAYMENTS:
        if code not in codes:
            continue
        if not payment.get(needed):
            found.missing(missing, "BG-16", f"the {needed} for the payment means {code}")
        for name in unwanted:
            if payment.get(name):
                reason = f"the payment means {code} does not go with a {name}"
                found.add(others, "BG-16", reason, f"leave the {name} out {AT_SOURCE}", code)
    if "mandate" in payment:
        holders = (document.get("seller", {}), document.get("payee", {}))
        schemes = {one.get("scheme") for holder in holders for one in holder.get("identifiers", ())}
        if _CREDITOR not in schemes:
            found.missing("DE-R-030", "BT-90", "the creditor's identifier at its bank, under scheme SEPA,")
        if "account" not in payment["mandate"]:
            found.missing("DE-R-031", "BT-91", "the account to be debited")
