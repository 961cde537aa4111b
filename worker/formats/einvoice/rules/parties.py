"""Rules of seller, buyer, payee, tax representative and the place of delivery."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from models.invoice_document import Address, Document, Identifier, Party
from worker.formats.einvoice import codes
from worker.formats.einvoice.findings import AT_SOURCE, Findings
from worker.formats.einvoice.rules.head import NOT_A_DAY
from worker.sources.content import is_day

# name, address and country missing; terms of name, country, electronic address, VAT number; the side.
_SELLER: Final = ("BR-06", "BR-08", "BR-09", "BR-62", "BT-27", "BT-40", "BT-34", "BT-31", "the seller")
_BUYER: Final = ("BR-07", "BR-10", "BR-11", "BR-63", "BT-44", "BT-55", "BT-49", "BT-48", "the buyer")
SEPA: Final = "SEPA"
"""The scheme of a creditor's identifier at its bank (BT-90), which stands among the party's own."""


def check(document: Document, found: Findings) -> None:
    """BR-06 to BR-11, BR-17 to BR-20, BR-56, BR-57, BR-62, BR-63, BR-CO-09, BR-CO-26, their code lists."""
    seller = document.get("seller", {})
    _party(seller, _SELLER, found, sepa=True)
    _party(document.get("buyer", {}), _BUYER, found, sepa=False)
    named = [one for one in seller.get("identifiers", ()) if one.get("scheme") != SEPA]
    if not named and "legal_id" not in seller and "vat_id" not in seller:
        what = "an identifier, legal registration or VAT number of the seller"
        found.missing("BR-CO-26", "BT-31", what)
    _payee(document, found)
    _representative(document, found)
    _delivery(document, found)


def _party(party: Party, words: tuple[str, ...], found: Findings, *, sepa: bool) -> None:
    nameless, homeless, no_country, no_scheme, name, country, endpoint, vat, who = words
    if "name" not in party:
        found.missing(nameless, name, f"the name of {who}")
    if not party.get("address"):
        found.missing(
            homeless, country, f"the address of {who}", f"give at least its country ({country}) {AT_SOURCE}"
        )
    else:
        _country(party["address"], no_country, country, who, found)
    electronic = party.get("endpoint")
    if electronic is not None:
        _scheme(electronic, no_scheme, endpoint, f"the electronic address of {who}", found)
    _identifiers(party.get("identifiers", ()), who, found, sepa=sepa)
    _legal(party.get("legal_id"), who, found)
    if "vat_id" in party:
        _vat_number(party["vat_id"], vat, who, found)


def _country(address: Address, missing: str, term: str, who: str, found: Findings) -> None:
    country = address.get("country")
    if country is None:
        found.missing(missing, term, f"the country of {who}")
    elif country not in codes.load("countries"):
        found.unlisted("BR-CL-14", term, f"the country of {who}", country, "countries")


def _scheme(electronic: Identifier, missing: str, term: str, what: str, found: Findings) -> None:
    found.valued(electronic, term, what)
    scheme = electronic.get("scheme")
    if scheme is None:
        found.missing(missing, term, f"the scheme of {what}")
    elif scheme not in codes.load("electronic_addresses"):
        found.unlisted("BR-CL-25", term, f"the scheme of {what}", scheme, "electronic_addresses")


def _identifiers(given: Iterable[Identifier], who: str, found: Findings, *, sepa: bool) -> None:
    for one in given:
        found.valued(one, "BT-29", f"an identifier of {who}")
        scheme = one.get("scheme")
        if scheme is None or scheme in codes.load("identifier_schemes") or (sepa and scheme == SEPA):
            continue
        term = "BT-46" if who == "the buyer" else "BT-29"
        found.unlisted(
            "BR-CL-10", term, f"the scheme of an identifier of {who}", scheme, "identifier_schemes"
        )


def _legal(given: Identifier | None, who: str, found: Findings) -> None:
    if given is None:
        return
    found.valued(given, "BT-30", f"the legal registration of {who}")
    scheme = given.get("scheme")
    if scheme and scheme not in codes.load("identifier_schemes"):
        term = "BT-47" if who == "the buyer" else "BT-30"
        what = f"the scheme of the legal registration of {who}"
        found.unlisted("BR-CL-11", term, what, scheme, "identifier_schemes")


def _vat_number(value: str, term: str, who: str, found: Findings) -> None:
    if value[:2] not in codes.load("vat_prefixes"):
        reason = f"the VAT number of {who} is {value!r}, which does not begin with a country's code"
        found.add("BR-CO-09", term, reason, f"put the country before it, as DK12345678, {AT_SOURCE}", value)


def _payee(document: Document, found: Findings) -> None:
    payee = document.get("payee")
    if payee is None:
        return
    if "name" not in payee:
        found.missing("BR-17", "BT-59", "the name of the payee")
    ours = {one["value"] for one in document.get("seller", {}).get("identifiers", ()) if "value" in one}
    same = next((one["value"] for one in payee.get("identifiers", ()) if one.get("value") in ours), None)
    if same is not None:
        reason = f"the payee has the identifier {same!r} of the seller"
        found.add(
            "BR-17", "BT-60", reason, f"name a payee only where it is not the seller, {AT_SOURCE}", same
        )
    _identifiers(payee.get("identifiers", ()), "the payee", found, sepa=True)
    _legal(payee.get("legal_id"), "the payee", found)


def _representative(document: Document, found: Findings) -> None:
    agent = document.get("tax_representative")
    if agent is None:
        return
    who = "the tax representative"
    if "name" not in agent:
        found.missing("BR-18", "BT-62", f"the name of {who}")
    if not agent.get("address"):
        found.missing("BR-19", "BT-69", f"the address of {who}")
    else:
        _country(agent["address"], "BR-20", "BT-69", who, found)
    if "vat_id" not in agent:
        found.missing("BR-56", "BT-63", f"the VAT number of {who}")
    else:
        _vat_number(agent["vat_id"], "BT-63", who, found)


def _delivery(document: Document, found: Findings) -> None:
    delivery = document.get("delivery", {})
    if delivery.get("address"):
        _country(delivery["address"], "BR-57", "BT-80", "the place of delivery", found)
    if "date" in delivery and not is_day(delivery["date"]):
        found.no_day(NOT_A_DAY, "BT-72", "the day of delivery", delivery["date"])
    if "location" not in delivery:
        return
    found.valued(delivery["location"], "BT-71", "the identifier of the place of delivery")
    scheme = delivery["location"].get("scheme")
    if scheme is not None and scheme not in codes.load("identifier_schemes"):
        what = "the scheme of the place of delivery"
        found.unlisted("BR-CL-26", "BT-71", what, scheme, "identifier_schemes")
