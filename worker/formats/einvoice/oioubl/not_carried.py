"""What OIOUBL 2.1 has no place for, and the law does not ask for: told, and never left out in silence."""

from __future__ import annotations

from collections.abc import Iterator

from models.invoice_document import Document, Line, Party
from worker.formats.einvoice.findings import shown
from worker.formats.einvoice.oioubl import payments
from worker.formats.einvoice.oioubl.document import REASONS
from worker.formats.einvoice.oioubl.prepared import prepare
from worker.formats.einvoice.schemes import OTHER
from worker.formats.einvoice.unknown import unknown


def not_carried(document: Document) -> list[str]:
    """A sentence for each value of a completed document that its OIOUBL form leaves out."""
    found = [*_head(document), *_parties(document)]
    for payment in prepare(document).get("payment", ()):
        found += [f"the {name.replace('_', ' ')} of a payment {payment.get('means_code', '')}"
                  for name in payments.dropped(payment)]  # fmt: skip
    for line in document.get("lines", ()):
        found += _line(line, f"line {line.get('id', '')}")
    return found + list(unknown(document))


def _head(document: Document) -> Iterator[str]:
    if document.get("document_type") == "credit_note" and document.get("type_code", "381") != "381":
        yield f"the type code {document['type_code']}: a credit note has none here"
    if "tax_point_code" in document:
        yield f"the tax point code {document['tax_point_code']}"
    for detail in [*document.get("allowances", ()), *document.get("charges", ())]:
        if "reason" in detail and detail.get("reason_code", "1") not in REASONS:
            yield f"the reason code {detail['reason_code']} of an allowance or charge, whose text is carried"
        if "percent" in detail and "base" not in detail:
            yield f"the percentage {detail['percent']} of an allowance or charge without a base"


def _parties(document: Document) -> Iterator[str]:
    for side in ("seller", "buyer"):
        party: Party = document.get(side, {})  # type: ignore[assignment]
        for name, what in (("number", "number in our books"), ("tax_id", "tax registration")):
            if name in party:
                yield f"the {what} {shown(str(party[name]))} of the {side}"  # type: ignore[literal-required]
        after: Party = prepare(document).get(side, {})  # type: ignore[assignment]
        for one, other in zip(party.get("identifiers", ()), after.get("identifiers", ()), strict=True):
            if other.get("scheme") == OTHER and one.get("scheme", OTHER) != OTHER:
                yield f"the scheme {one['scheme']} of an identifier of the {side}, which becomes {OTHER}"
    if "legal_form" in document.get("buyer", {}):
        yield f"the legal form {shown(document['buyer']['legal_form'])} of the buyer"
    if "legal_id" not in document.get("buyer", {}) and "trading_name" in document.get("buyer", {}):
        name = shown(document["buyer"].get("name", ""))
        yield f"the legal name {name} of the buyer beside the one it trades under"


def _line(line: Line, where: str) -> Iterator[str]:
    for kind, word in (("allowances", "allowance"), ("charges", "charge")):
        for detail in line.get(kind, ()):  # type: ignore[attr-defined]
            reason = detail.get("reason", detail.get("reason_code", ""))
            yield f"the {word} {detail.get('amount', '')} ({reason}) of {where}: it is part of the price"
    if "origin_country" in line.get("item", {}):
        yield f"the country of origin {line['item']['origin_country']} of {where}"
