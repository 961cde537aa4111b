"""What the shared rules of EN 16931 leave to a syntax: what a Cross Industry Invoice has room for once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from models.invoice_document import Document
from models.problems import Problem
from worker.formats.cii import money, parties
from worker.formats.cii.parts import Profile
from worker.formats.einvoice import embedded, rules, xml
from worker.formats.einvoice.amounts import number
from worker.formats.einvoice.findings import AT_SOURCE, Findings


def check(document: Document, content_json: str, profile: Profile) -> list[Problem]:
    """Everything that keeps a completed document from being one of this profile."""
    found = Findings(xml.problems(document, content_json))
    found += rules.check(document)
    embedded.check(document, found)
    _once(document, profile, found)
    _payee(document, found)
    if not profile.facturx:
        _preceding(document, found)
    rounding = document.get("totals", {}).get("rounding", "0")
    if not profile.whole and number(rounding) != 0:
        reason = "it rounds the amount to pay, which the profile BASIC has no place for"
        found.add("FX-BASIC", "BT-114", reason, "set the profile en16931", rounding)
    return found


def _once(document: Document, profile: Profile, found: Findings) -> None:
    """What there may be several of in EN 16931 or in a document, and one of here."""
    payments = document.get("payment", ())
    mandates = [one["mandate"]["id"] for one in payments if "id" in one.get("mandate", {})]
    buyer, payee = (_texts(document.get(side, {}).get("identifiers", ())) for side in ("buyer", "payee"))  # type: ignore[attr-defined]
    _single(found, "CII-SR-467", "BT-81", "codes of a payment means", _texts(payments, "means_code"))
    _single(found, "CII-SR-468", "BT-82", "texts of a payment means", _texts(payments, "means_text"))
    _single(found, "CII-SR-469", "BT-83", "payment references", money.references(document))
    _single(found, "CII-SR-452", "BT-89", "mandates", mandates)
    creditor = parties.creditor_ids(document.get("seller", {}))
    _single(found, "CII", "BT-90", "bank's numbers of the creditor", creditor)
    _single(found, "CII-SR-451", "BT-60", "identifiers of the payee", payee)
    if profile.facturx:
        _single(found, "CII-SR-450", "BT-46", "identifiers of the buyer", buyer)


def _preceding(document: Document, found: Findings) -> None:
    """The schema of D16B has room for one preceding invoice; that of Factur-X has more."""
    numbers = [one.get("number", "") for one in document.get("preceding_invoices", ())]
    if len(numbers) > 1:
        reason = f"it has {len(numbers)} preceding invoices, and this format has room for one"
        remedy = "send it as Factur-X or UBL, which have room for more"
        found.add("CII", "BG-3", reason, remedy, ", ".join(numbers))


def _payee(document: Document, found: Findings) -> None:
    """BR-17, as the published rules of this syntax read it."""
    seller, payee = document.get("seller", {}), document.get("payee", {})
    own = seller.get("legal_id", {}).get("value")
    if own is not None and payee.get("legal_id", {}).get("value") == own:
        reason = f"the payee has the legal registration {own!r} of the seller"
        found.add("BR-17", "BT-61", reason, f"name a payee only where it is not the seller, {AT_SOURCE}", own)


def _single(found: Findings, code: str, term: str, what: str, values: Iterable[str]) -> None:
    given = list(dict.fromkeys(values))
    if len(given) > 1:
        reason = f"it has {len(given)} {what}, and this format has room for one"
        found.add(code, term, reason, f"give one of them {AT_SOURCE}", ", ".join(given))


def _texts(entries: Iterable[Mapping[str, Any]], name: str = "value") -> list[str]:
    return [one[name] for one in entries if name in one]
