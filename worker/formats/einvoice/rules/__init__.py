"""The rules of EN 16931-1 as findings: integrity (BR), sums (BR-CO), VAT (BR-S to BR-O), decimals, codes.

Written from the published rules, for a document as `completed.complete` gives it. What a syntax can only
carry once, and the rules of a profile, stand with their formats.
"""

from __future__ import annotations

from models.invoice_document import Document
from models.problems import Problem
from worker.formats.einvoice.findings import Findings
from worker.formats.einvoice.rules import details, head, lines, parties, payment, totals, vat

__all__ = ["check"]


def check(document: Document) -> list[Problem]:
    """Everything in which a completed document breaks EN 16931; empty where nothing does."""
    found = Findings()
    head.check(document, found)
    parties.check(document, found)
    payment.check(document, found)
    details.check(document, found)
    lines.check(document, found)
    vat.check(document, found)
    totals.check(document, found)
    return found
