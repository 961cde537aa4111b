"""Parties in Peppol BIS Billing 3.0, and the place of delivery."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from models.invoice_document import (
    Address,
    Delivery,
    Document,
    Identifier,
    Party,
    Payee,
    TaxRepresentative,
)
from worker.formats.einvoice.rules.parties import SEPA
from worker.formats.einvoice.ubl import parts as ubl
from worker.formats.einvoice.ubl.parts import Parts, Table, ordered, put, texts
from worker.formats.einvoice.xml import leaf, wrapped

_ADDRESS: Final[Table] = (
    ("cbc:AdditionalStreetName", "line2"),
    ("cbc:CityName", "city"),
    ("cbc:PostalZone", "postal_code"),
    ("cbc:CountrySubentity", "subdivision"),
)
_CONTACT: Final[Table] = (("cbc:Name", "name"), ("cbc:Telephone", "phone"), ("cbc:ElectronicMail", "email"))


def add(document: Document, parts: Parts) -> None:
    """Add the elements of everybody whom the document names."""
    put(parts, "cac:AccountingSupplierParty", _party(document["seller"], seller=True))
    put(parts, "cac:AccountingCustomerParty", _party(document["buyer"], seller=False))
    if "payee" in document:
        put(parts, "cac:PayeeParty", _payee(document["payee"]))
    if "tax_representative" in document:
        put(parts, "cac:TaxRepresentativeParty", _representative(document["tax_representative"]))
    put(parts, "cac:Delivery", _delivery(document.get("delivery", {})))


def _payee(payee: Payee) -> str:
    inner = _identifications(payee.get("identifiers", ()), 1)
    inner += wrapped("cac:PartyName", leaf("cbc:Name", payee["name"]))
    if "legal_id" in payee:
        inner += wrapped("cac:PartyLegalEntity", ubl.identified("cbc:CompanyID", payee["legal_id"]))
    return inner


def _representative(agent: TaxRepresentative) -> str:
    inner = wrapped("cac:PartyName", leaf("cbc:Name", agent["name"]))
    inner += wrapped("cac:PostalAddress", _address(agent["address"]))
    return inner + _tax_scheme(agent["vat_id"], "VAT")


def _delivery(delivery: Delivery) -> str:
    place = ubl.identified("cbc:ID", delivery["location"]) if "location" in delivery else ""
    place += wrapped("cac:Address", _address(delivery.get("address", {})))
    inner = leaf("cbc:ActualDeliveryDate", delivery["date"]) if "date" in delivery else ""
    inner += wrapped("cac:DeliveryLocation", place)
    if "name" in delivery:
        name = wrapped("cac:PartyName", leaf("cbc:Name", delivery["name"]))
        inner += wrapped("cac:DeliveryParty", name)
    return inner


def _party(party: Party, *, seller: bool) -> str:
    parts: Parts = {"cbc:EndpointID": ubl.identified("cbc:EndpointID", party["endpoint"])}
    identifications = _identifications(party.get("identifiers", ()), None if seller else 1)
    if identifications:
        parts["cac:PartyIdentification"] = identifications
    if "trading_name" in party:
        put(parts, "cac:PartyName", leaf("cbc:Name", party["trading_name"]))
    put(parts, "cac:PostalAddress", _address(party["address"]))
    taxes = _tax_scheme(party["vat_id"], "VAT") if "vat_id" in party else ""
    if seller and "tax_id" in party:
        taxes += _tax_scheme(party["tax_id"], "TAX")
    if taxes:
        parts["cac:PartyTaxScheme"] = taxes
    legal = leaf("cbc:RegistrationName", party["name"])
    if "legal_id" in party:
        legal += ubl.identified("cbc:CompanyID", party["legal_id"])
    if seller and "legal_form" in party:
        legal += leaf("cbc:CompanyLegalForm", party["legal_form"])
    put(parts, "cac:PartyLegalEntity", legal)
    put(parts, "cac:Contact", "".join(texts(party.get("contact", {}), _CONTACT).values()))
    return wrapped("cac:Party", ordered("cac:Party", parts))


def _identifications(given: Iterable[Identifier], most: int | None) -> str:
    """The party's identifiers; a creditor's number at its bank does not count among the most."""
    found, count = [], 0
    for one in given:
        count += one.get("scheme") != SEPA
        if most is None or count <= most or one.get("scheme") == SEPA:
            found.append(wrapped("cac:PartyIdentification", ubl.identified("cbc:ID", one)))
    return "".join(found)


def _tax_scheme(number: str, scheme: str) -> str:
    tax = f"<cac:TaxScheme><cbc:ID>{scheme}</cbc:ID></cac:TaxScheme>"
    return f"<cac:PartyTaxScheme>{leaf('cbc:CompanyID', number)}{tax}</cac:PartyTaxScheme>"


def _address(address: Address) -> str:
    parts = texts(address, _ADDRESS)
    if street := ubl.street(address):
        parts["cbc:StreetName"] = leaf("cbc:StreetName", street)
    if "line3" in address:
        put(parts, "cac:AddressLine", leaf("cbc:Line", address["line3"]))
    if country := ubl.country(address):
        parts["cac:Country"] = country
    return ordered("cac:Address", parts)
