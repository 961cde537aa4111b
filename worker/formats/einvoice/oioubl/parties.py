"""Parties in OIOUBL 2.1: addresses say their format, numbers their scheme, the buyer's contact has an ID."""

from __future__ import annotations

import re
from typing import Final

from models.invoice_document import Address, Document, Identifier, Party, Payee
from worker.formats.einvoice.oioubl.taxes import VAT
from worker.formats.einvoice.schemes import OTHER
from worker.formats.einvoice.ubl import parts as ubl
from worker.formats.einvoice.ubl.parts import Parts, Table, ordered, put, texts
from worker.formats.einvoice.xml import attribute, leaf, wrapped

_FORMATS: Final = attribute("listAgencyID", "320") + attribute(
    "listID", "urn:oioubl:codelist:addressformatcode-1.1"
)
_ADDRESS: Final[Table] = (
    ("cbc:StreetName", "line1"),
    ("cbc:BuildingNumber", "building"),
    ("cbc:CityName", "city"),
    ("cbc:PostalZone", "postal_code"),
    ("cbc:CountrySubentity", "subdivision"),
)
_CONTACT: Final[Table] = (("cbc:Name", "name"), ("cbc:Telephone", "phone"), ("cbc:ElectronicMail", "email"))
_SE_NUMBER = re.compile(r"DK[0-9]{8}")


def add(document: Document, parts: Parts) -> None:
    """Add the elements of everybody whom the document names."""
    put(parts, "cac:AccountingSupplierParty", wrapped("cac:Party", _seller(document["seller"])))
    put(parts, "cac:AccountingCustomerParty", wrapped("cac:Party", _buyer(document)))
    if "payee" in document:
        put(parts, "cac:PayeeParty", _payee(document["payee"]))
    if "tax_representative" in document:
        agent = document["tax_representative"]
        name = wrapped("cac:PartyName", leaf("cbc:Name", agent["name"]))
        address = wrapped("cac:PostalAddress", _address(agent["address"]))
        put(parts, "cac:TaxRepresentativeParty", name + address + _tax_scheme(agent["vat_id"]))
    put(parts, "cac:Delivery", _delivery(document))


def _buyer(document: Document) -> str:
    """The buyer's contact has the buyer's reference for its number."""
    buyer = document["buyer"]
    found = _party(buyer)
    put(found, "cac:Contact", leaf("cbc:ID", document["buyer_reference"]) + _contact(buyer))
    if "legal_id" in buyer:
        put(found, "cac:PartyLegalEntity", _legal(buyer["name"], buyer["legal_id"]))
    return ordered("cac:Party", found)


def _payee(payee: Payee) -> str:
    found: Parts = {}
    _identify(payee, found)
    put(found, "cac:PartyName", leaf("cbc:Name", payee["name"]))
    if "legal_id" in payee:
        put(found, "cac:PartyLegalEntity", _legal(payee["name"], payee["legal_id"]))
    return ordered("cac:Party", found)


def _seller(seller: Party) -> str:
    found = _party(seller)
    legal: Identifier = seller.get("legal_id") or {"scheme": OTHER, "value": seller["vat_id"]}
    form = leaf("cbc:CompanyLegalForm", seller["legal_form"]) if "legal_form" in seller else ""
    put(found, "cac:PartyLegalEntity", _legal(seller["name"], legal) + form)
    put(found, "cac:Contact", _contact(seller))
    return ordered("cac:Party", found)


def _party(party: Party) -> Parts:
    found: Parts = {"cbc:EndpointID": ubl.identified("cbc:EndpointID", party["endpoint"])}
    _identify(party, found)
    put(found, "cac:PartyName", leaf("cbc:Name", party.get("trading_name", party["name"])))
    put(found, "cac:PostalAddress", _address(party.get("address", {})))
    if "vat_id" in party:
        found["cac:PartyTaxScheme"] = _tax_scheme(party["vat_id"])
    return found


def _identify(party: Party | Payee, found: Parts) -> None:
    for one in party.get("identifiers", ()):
        put(found, "cac:PartyIdentification", ubl.identified("cbc:ID", one))


def _contact(party: Party) -> str:
    return "".join(texts(party.get("contact", {}), _CONTACT).values())


def _legal(name: str, number: Identifier) -> str:
    return leaf("cbc:RegistrationName", name) + ubl.identified("cbc:CompanyID", number)


def _tax_scheme(number: str) -> str:
    scheme = "DK:SE" if _SE_NUMBER.fullmatch(number) else OTHER
    company = leaf("cbc:CompanyID", number, attribute("schemeID", scheme))
    return f"<cac:PartyTaxScheme>{company}{VAT}</cac:PartyTaxScheme>"


def _address(address: Address) -> str:
    """StructuredDK where all its parts are there, else the format that asks for none."""
    if not address:
        return ""
    danish = {"line1", "building", "postal_code"} <= address.keys() and address.get("country") == "DK"
    parts = texts(address, _ADDRESS)
    code = "StructuredDK" if danish else "StructuredLax"
    parts["cbc:AddressFormatCode"] = leaf("cbc:AddressFormatCode", code, _FORMATS)
    more = ", ".join(address[name] for name in ("line2", "line3") if name in address)
    if more:
        parts["cbc:AdditionalStreetName"] = leaf("cbc:AdditionalStreetName", more)
    if country := ubl.country(address):
        parts["cac:Country"] = country
    return ordered("cac:Address", parts)


def _delivery(document: Document) -> str:
    delivery = document.get("delivery", {})
    place = ubl.identified("cbc:ID", delivery["location"]) if "location" in delivery else ""
    place += wrapped("cac:Address", _address(delivery.get("address", {})))
    inner = leaf("cbc:ActualDeliveryDate", delivery["date"]) if "date" in delivery else ""
    inner += wrapped("cac:DeliveryLocation", place)
    if "name" in delivery:
        inner += wrapped("cac:DeliveryParty", wrapped("cac:PartyName", leaf("cbc:Name", delivery["name"])))
    return inner
