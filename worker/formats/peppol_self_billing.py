"""Peppol BIS Self-Billing 3.0: the invoice that a buyer writes in the seller's stead."""

from __future__ import annotations

from models.invoice_document import Document
from worker.formats import Item, Problem
from worker.formats.einvoice.findings import Findings
from worker.formats.peppol import Peppol

_TYPES = {"invoice": "389", "credit_note": "261"}


class PeppolSelfBilling(Peppol):
    """As Peppol BIS Billing, for payable invoices that we issue as their buyer (types 389, 527 and 261)."""

    key = "peppol_self_billing"
    title = "Peppol BIS Self-Billing 3.0"
    specification = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:selfbilling:3.0"
    process = "urn:fdc:peppol.eu:2017:poacc:selfbilling:01:1.0"
    types = ("self_billed_invoice_types", "self_billed_credit_note_types")
    sender = "buyer"

    def more(self, document: Document, item: Item) -> list[Problem]:
        """That the document is ours to write: the profile has no national rules."""
        del document
        found = Findings()
        if item.direction != "payable":
            reason = "a self-billed document is written by its buyer, and this one is receivable"
            found.add("direction", "BG-7", reason, "send it by Peppol BIS Billing", item.direction)
        return found

    def _prepared(self, document: Document, item: Item) -> Document:
        if "type_code" not in document:
            kind = document.get("document_type", "invoice")
            document = {**document, "type_code": _TYPES[kind]}
        return super()._prepared(document, item)
