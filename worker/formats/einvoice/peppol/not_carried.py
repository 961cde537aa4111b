"""What Peppol BIS Billing has no place for and the law does not ask for: told, never silently left out."""

from __future__ import annotations

from collections.abc import Iterator

from models.invoice_document import AllowanceCharge, Document, Party
from worker.formats.einvoice.findings import shown
from worker.formats.einvoice.peppol.prepared import prepare
from worker.formats.einvoice.unknown import unknown


def not_carried(document: Document) -> list[str]:
    """A sentence for each value of a completed document that its Peppol form leaves out."""
    return [
        *_head(document),
        *_parties(document),
        *_payments(document),
        *_details([*document.get("allowances", ()), *document.get("charges", ())], "the document"),
        *_lines(document),
        *unknown(document),
    ]


def _head(document: Document) -> Iterator[str]:
    credit = document.get("document_type") == "credit_note"
    if credit and "due_date" in document and not document.get("payment"):
        yield f"the due date {document['due_date']}, which a credit note has beside a payment means only"
    if "payee" in document and "payee" not in prepare(document):
        yield "the payee, who is the seller"


def _parties(document: Document) -> Iterator[str]:
    for side in ("seller", "buyer"):
        party: Party = document.get(side, {})  # type: ignore[assignment]
        if "number" in party:
            yield f"the number {shown(party['number'])} of the {side} in our books"
    buyer = document.get("buyer", {})
    for one in buyer.get("identifiers", [])[1:]:
        yield f"the identifier {shown(one.get('value', ''))} of the buyer, who has one already"
    for name, what in (("tax_id", "the tax registration"), ("legal_form", "the legal form")):
        if name in buyer:
            yield f"{what} {shown(buyer[name])} of the buyer"  # type: ignore[literal-required]
    named = [one for one in document.get("payee", {}).get("identifiers", ()) if one.get("scheme") != "SEPA"]
    for one in named[1:]:
        yield f"the identifier {shown(one.get('value', ''))} of the payee, who has one already"


def _payments(document: Document) -> Iterator[str]:
    texts = [payment["means_text"] for payment in document.get("payment", ()) if "means_text" in payment]
    for text in texts[1:]:
        if text != texts[0]:
            yield f"the payment means' name {shown(text)}, which stands once only"
    for before, after in zip(document.get("payment", ()), prepare(document).get("payment", ()), strict=True):
        for name in ("bic", "branch"):
            if name in before.get("account", {}) and name not in after.get("account", {}):
                yield f"the {name} {before['account'][name]} beside the other number of the bank"


def _lines(document: Document) -> Iterator[str]:
    for line in document.get("lines", ()):
        where = f"line {line.get('id', '')}"
        if "free_of_charge" in line:
            yield f"that {where} is marked free of charge"
        yield from _details([*line.get("allowances", ()), *line.get("charges", ())], where)


def _details(details: list[AllowanceCharge], where: str) -> Iterator[str]:
    for detail in details:
        if ("base" in detail) != ("percent" in detail):
            stated = f"base {detail['base']}" if "base" in detail else f"percentage {detail['percent']}"
            yield f"the {stated} of an allowance or charge of {where}: it goes with the other only"
