"""What the shared rules of EN 16931 leave to a syntax: what a Cross Industry Invoice has room for once."""

from __future__ import annotations

from models.invoice_document import Document
from models.problems import Problem
from worker.formats.cii import money
from worker.formats.cii.parts import Profile
from worker.formats.einvoice import embedded, rules, xml
from worker.formats.einvoice.findings import AT_SOURCE, Findings


def check(document: Document, content_json: str, profile: Profile) -> list[Problem]:
    """Everything that keeps a completed document from being one of this profile."""
    found = Findings(xml.problems(document, content_json))
    found += rules.check(document)
    embedded.check(document, found)
    _once(document, profile, found)
    if not profile.whole and "rounding" in document.get("totals", {}):
        found.add(
            "FX-BASIC",
            "BT-114",
            "it rounds the amount to pay, which the profile BASIC has no place for",
            "set the profile en16931",
            document["totals"]["rounding"],
        )
    return found


def _once(document: Document, profile: Profile, found: Findings) -> None:
    references = money.references(document)
    if len(references) > 1:
        reason = f"it has {len(references)} payment references, and this format has room for one"
        found.add("CII", "BT-83", reason, f"give one payment reference {AT_SOURCE}", ", ".join(references))
    preceding = document.get("preceding_invoices", ())
    if len(preceding) > 1 and not profile.facturx:
        reason = f"it has {len(preceding)} preceding invoices, and this format has room for one"
        remedy = "send it as Factur-X or UBL, which have room for more"
        found.add("CII", "BG-3", reason, remedy, ", ".join(one.get("number", "") for one in preceding))
