"""SG2 to SG5 of INVOIC: who takes part, their account, registrations and contact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from models.invoice_document import Address, Contact, Document, Identifier, Party
from worker.formats.edi.document import gln
from worker.formats.edi.segments import Segment, segment
from worker.formats.edi.text import pieces

Say = Callable[[str], str]


class Sides(NamedTuple):
    """Who sells, who buys."""

    seller: Party
    buyer: Party


def segments(document: Document, sides: Sides, say: Say) -> Iterator[Segment]:
    """Supplier, buyer, delivery party and payee, in this order."""
    payee = document.get("payee")
    accounts = [] if payee else list(_accounts(document, say))
    yield from _party("SU", sides.seller, say, accounts, ("BT-27", "BG-5"))
    yield from _party("BY", sides.buyer, say, [], ("BT-44", "BG-8"))
    if (delivery := document.get("delivery")) and delivery.keys() - {"date"}:
        name = delivery.get("name", sides.buyer.get("name", ""))
        place = Party(name=name, address=delivery.get("address", {}))
        place["identifiers"] = [delivery.get("location", Identifier())]
        yield from _party("DP", place, say, [], ("BT-70", "BG-15"))
    if payee:
        who = Party(name=payee.get("name", ""), identifiers=payee.get("identifiers", []))
        who["legal_id"] = payee.get("legal_id", Identifier())
        yield from _party("PE", who, say, list(_accounts(document, say)), ("BT-59", "BG-10"))


def _party(
    role: str, party: Party, say: Say, accounts: list[Segment], terms: tuple[str, str]
) -> Iterator[Segment]:
    name_term, address_term = terms
    where = party.get("address", Address())
    name = tuple(pieces(say(party.get("name", "")), 35))
    lines = (where.get("line1"), where.get("building"), where.get("line2"), where.get("line3"))
    street = " ".join(filter(None, lines))
    region = say(where.get("subdivision", ""))
    if len(region) > 9:  # NAD 3229 carries codes of nine
        street, region = f"{street} {region}", ""
    yield segment(
        "NAD",
        role,
        _identity(party),
        "",
        name,
        tuple(pieces(say(street), 35)),
        say(where.get("city", "")),
        region,
        say(where.get("postal_code", "")),
        where.get("country", ""),
        term=name_term if len(name) > 5 else address_term,
    )
    yield from accounts
    if "vat_id" in party:
        yield segment("RFF", ("VA", say(party["vat_id"])), term="BT-31")
    if legal := party.get("legal_id", {}).get("value"):
        yield segment("RFF", ("GN", say(legal)), term="BT-30")
    if "tax_id" in party:
        yield segment("RFF", ("FC", say(party["tax_id"])), term="BT-32")
    yield from _contact(party.get("contact", Contact()), say)


def _identity(party: Party) -> tuple[str, ...]:
    """GLN under EAN's agency code 9, else a number we assigned under 92."""
    if number := gln(party):
        return (number, "", "9")
    number = party.get("number") or next(
        (one["value"] for one in party.get("identifiers", []) if "value" in one), ""
    )
    return (number, "", "92") if number else ("",)


def _accounts(document: Document, say: Say) -> Iterator[Segment]:
    for payment in document.get("payment", [])[:5]:
        account = payment.get("account", {})
        if "id" in account:
            bank = (
                (account["bic"], "25", "5") if "bic" in account else ("", "", "", account.get("branch", ""))
            )
            holder = pieces(say(account.get("name", "")), 35)
            yield segment("FII", "RB", (account["id"], *holder), bank, term="BT-84")


def _contact(contact: Contact, say: Say) -> Iterator[Segment]:
    if not contact:
        return
    yield segment("CTA", "IC", ("", say(contact.get("name", ""))), term="BT-41")
    for kind, value in (("TE", contact.get("phone")), ("EM", contact.get("email"))):
        if value:
            yield segment("COM", (say(value), kind), term="BT-42" if kind == "TE" else "BT-43")
