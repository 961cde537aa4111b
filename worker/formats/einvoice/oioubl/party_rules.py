"""The rules of OIOUBL 2.1 about parties: who needs an endpoint and a number, and what numbers look like."""

from __future__ import annotations

from typing import Final

from models.invoice_document import Delivery, Document, Identifier, Party, Payee, TaxRepresentative
from worker.formats.einvoice import codes
from worker.formats.einvoice.findings import AT_SOURCE, Findings, shown
from worker.formats.einvoice.rules import head

# Scheme: how long its numbers are, what they begin with, and the rules at an endpoint and at a party.
_NUMBERS: Final = {
    "DK:CVR": (10, "DK", "F-LIB180", "F-LIB184"),
    "GLN": (13, "", "F-LIB181", "F-LIB185"),
    "EAN": (13, "", "F-LIB216", "F-LIB218"),
    "DK:P": (10, "", "F-LIB287", "F-LIB287"),
    "DK:CPR": (10, "", "F-LIB217", "F-LIB217"),
}


def check(document: Document, found: Findings) -> None:
    """F-INV031, F-INV044, F-LIB022, F-LIB179 to -191, F-LIB287, F-LIB301, F-LIB353 to -371."""
    for side, missing, term in (("seller", "F-INV031", "BT-34"), ("buyer", "F-INV044", "BT-49")):
        party: Party = document.get(side, {})  # type: ignore[assignment]
        if "name" not in party:
            found.missing("F-LIB022", "BT-27" if side == "seller" else "BT-44", f"the name of the {side}")
        endpoint = party.get("endpoint")
        if endpoint is None:
            found.missing(missing, term, f"the endpoint of the {side}")
        else:
            found.valued(endpoint, term, f"the endpoint of the {side}")
            if endpoint.get("scheme") not in codes.load("oioubl_endpoints"):
                what = f"the scheme of the endpoint of the {side}"
                found.unlisted("F-LIB179", term, what, endpoint.get("scheme", ""), "oioubl_endpoints")
            _number(endpoint, 2, side, found)
        _party(party, side, found)
        _country(party, f"the {side}", found)
    _others(document, found)
    seller = document.get("seller", {})
    if "legal_id" not in seller and "vat_id" not in seller:
        found.missing("F-LIB187", "BT-30", "the CVR (or other legal) number of the seller")


def _others(document: Document, found: Findings) -> None:
    if "payee" in document:
        payee = document["payee"]
        if "name" not in payee:
            found.missing("F-LIB022", "BT-59", "the name of the payee")
        _party(payee, "payee", found)
    agent = document.get("tax_representative")
    if agent is not None:
        for name, rule, term in (
            ("name", "F-LIB353", "BT-62"),
            ("vat_id", "F-LIB371", "BT-63"),
            ("address", "F-LIB354", "BG-12"),
        ):
            if not agent.get(name):
                found.missing(rule, term, f"the {name.replace('_', ' ')} of the tax representative")
        _country(agent, "the tax representative", found)
    delivery = document.get("delivery", {})
    _country(delivery, "the place of delivery", found)
    if "location" in delivery:
        found.valued(delivery["location"], "BT-71", "the identifier of the place of delivery")
    head.check_day(delivery.get("date"), "BT-72", "the day of delivery", found)


def _party(party: Party | Payee, side: str, found: Findings) -> None:
    for one in party.get("identifiers", ()):
        found.valued(one, "BT-29", f"an identifier of the {side}")
        _number(one, 3, side, found)
    legal = party.get("legal_id")
    if legal is not None:
        found.valued(legal, "BT-30", f"the legal registration of the {side}")
        if legal.get("scheme") == "DK:CVR" and not _is_good("DK:CVR", legal.get("value", "")):
            _wrong("F-LIB190", "BT-30", side, legal, found)


def _country(of: Party | TaxRepresentative | Delivery, who: str, found: Findings) -> None:
    country = of.get("address", {}).get("country")
    if country is not None and country not in codes.load("oioubl_countries"):
        found.unlisted("F-LIB301", "BT-40", f"the country of {who}", country, "oioubl_countries")


def _number(one: Identifier, rule: int, side: str, found: Findings) -> None:
    scheme = one.get("scheme", "")
    if scheme in _NUMBERS and not _is_good(scheme, one.get("value", "")):
        _wrong(str(_NUMBERS[scheme][rule]), "BT-34", side, one, found)


def _is_good(scheme: str, value: str) -> bool:
    length, begins, *_ = _NUMBERS[scheme]
    return len(value) == length and value.startswith(begins)


def _wrong(rule: str, term: str, side: str, one: Identifier, found: Findings) -> None:
    value = one.get("value", "")
    reason = f"{shown(value)} of the {side} is no number of the scheme {one.get('scheme', '')}"
    found.add(rule, term, reason, f"correct it, as DK12345678 for a CVR number, {AT_SOURCE}", value)
