"""What this syntax has no place for and the law does not ask for: told, never silently left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from models.invoice_document import Document, Line, Payment
from worker.formats.cii.parts import Profile
from worker.formats.einvoice.findings import shown
from worker.formats.einvoice.unknown import unknown

_Words = tuple[tuple[str, str], ...]
"""A term, and what it is."""

# Of the profile BASIC alone.
_HEAD: Final[_Words] = (
    ("sales_order_reference", "the sales order"),
    ("receipt_reference", "the receiving advice"),
    ("project_reference", "the project"),
    ("tender_reference", "the tender or lot"),
    ("invoiced_object", "the invoiced object"),
    ("tax_point_date", "the tax point date"),
)
_ITEM: Final[_Words] = (
    ("description", "the description"),
    ("seller_id", "the seller's item number"),
    ("buyer_id", "the buyer's item number"),
    ("origin_country", "the country of origin"),
)
_LINE: Final[_Words] = (
    ("order_line", "the order line"),
    ("accounting_reference", "the accounting reference"),
)
_PARTS: Final[_Words] = (("percent", "the percentage"), ("base", "the base"))
_ACCOUNT: Final[_Words] = (
    ("name", "the account holder"),
    ("bic", "the bank"),
    ("branch", "the bank's number"),
)


def left_out(document: Document, profile: Profile) -> list[str]:
    """A sentence for each value of a completed document that its form in this profile leaves out."""
    found = [*_everywhere(document, profile)]
    if not profile.whole:
        found += _basic(document)
    return [*found, *unknown(document)]


def _everywhere(document: Document, profile: Profile) -> Iterator[str]:
    for side in ("seller", "buyer"):
        party: Mapping[str, Any] = document.get(side, {})  # type: ignore[assignment]
        yield from _each(party, (("number", "the number in our books"),), side)
    buyer = document.get("buyer", {})
    yield from _each(buyer, (("legal_form", "the legal form"),), "buyer")
    if profile.facturx:
        yield from _each(buyer, (("tax_id", "the tax registration"),), "buyer")
    if "payee" in document and document["payee"].get("name") == document.get("seller", {}).get("name"):
        yield "the payee, who is the seller"
    for payment in document.get("payment", ()):
        yield from _each(payment.get("card", {}), (("network", "the network"),), "payment card")


def _basic(document: Document) -> Iterator[str]:
    yield from _each(document, _HEAD, "document")
    for side in ("seller", "buyer"):
        if document.get(side, {}).get("contact"):  # type: ignore[attr-defined]
            yield f"the contact of the {side}"
    yield from _each(document.get("seller", {}), (("legal_form", "the legal form"),), "seller")
    yield from _each(document.get("buyer", {}), (("trading_name", "the trading name"),), "buyer")
    for one in document.get("attachments", ()):
        yield f"the attached document {shown(one.get('id', ''))}"
    for payment in document.get("payment", ()):
        yield from _payment(payment)
    for line in document.get("lines", ()):
        yield from _line(line, f"line {line.get('id', '')}")


def _payment(payment: Payment) -> Iterator[str]:
    yield from _each(payment, (("means_text", "the text"),), "payment means")
    yield from _each(payment.get("account", {}), _ACCOUNT, "account")
    if payment.get("card"):
        yield "the payment card"


def _line(line: Line, where: str) -> Iterator[str]:
    item = line.get("item", {})
    yield from _each(item, _ITEM, where)
    yield from _each(line, _LINE, where)
    for one in item.get("properties", ()):
        yield f"the property {shown(one.get('name', ''))} of {where}"
    for kind in item.get("classifications", ()):
        yield f"the classification {shown(kind.get('value', ''))} of {where}"
    if "object" in line:
        yield f"the object {shown(line['object'].get('value', ''))} of {where}"
    for detail in (*line.get("allowances", ()), *line.get("charges", ())):
        yield from _each(
            detail, (("percent", "the percentage"), ("base", "the base")), f"an amount of {where}"
        )


def _each(of: Mapping[str, Any], words: _Words, owner: str) -> Iterator[str]:
    article = "" if owner.startswith(("line", "an ")) else "the "
    for name, what in words:
        if of.get(name):
            yield f"{what} {shown(of[name])} of {article}{owner}"
