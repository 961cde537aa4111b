"""Sellers, buyers, payees and tax representatives of a UBL document, their addresses and identifiers."""

from __future__ import annotations

from typing import Any, Final

from worker.sources.ubl.tree import Node

_Content = dict[str, Any]
_ADDRESS: Final = (
    ("cbc:StreetName", "line1"),
    ("cbc:AdditionalStreetName", "line2"),
    ("cbc:BuildingNumber", "building"),
    ("cbc:CityName", "city"),
    ("cbc:PostalZone", "postal_code"),
    ("cbc:CountrySubentity", "subdivision"),
    ("cac:Country/cbc:IdentificationCode", "country"),
)
_CONTACT: Final = (("cbc:Name", "name"), ("cbc:Telephone", "phone"), ("cbc:ElectronicMail", "email"))
_PERSON: Final = ("cbc:FirstName", "cbc:MiddleName", "cbc:FamilyName")
# UN/ECE 5153 and OIOUBL (63, Moms): tax schemes whose number is a VAT number.
_VAT_SCHEMES: Final = frozenset({"VAT", "63"})


def fields(node: Node | None, table: tuple[tuple[str, str], ...]) -> _Content:
    """The texts a table of (path, field) names, marked as read; what is empty is absent."""
    found: _Content = {}
    for path, field in table:
        if node is not None and field not in found:
            put(found, field, node.take(path))
    return found


def put(content: _Content, field: str, value: object) -> None:
    """Set a field unless there is nothing to set."""
    if value:
        content[field] = value


def identifier(node: Node | None) -> _Content:
    """An identifier with its scheme."""
    if node is None or not node.text:
        return {}
    found = {"value": node.take_text()}
    put(found, "scheme", node.take_attribute("schemeID"))
    return found


def party(node: Node | None) -> _Content:
    """BG-4 or BG-7 of a ``cac:Party``; a party without a legal name goes by the name it trades under."""
    found: _Content = {}
    if node is None:
        return found
    legal, trading = (
        node.take("cac:PartyLegalEntity/cbc:RegistrationName"),
        node.take("cac:PartyName/cbc:Name"),
    )
    put(found, "name", legal or trading or _person(node))
    put(found, "trading_name", legal and trading)
    put(found, "identifiers", _identifiers(node))
    put(found, "legal_id", identifier(node.find("cac:PartyLegalEntity/cbc:CompanyID")))
    put(found, "legal_form", node.take("cac:PartyLegalEntity/cbc:CompanyLegalForm"))
    for scheme in node.all("cac:PartyTaxScheme"):
        field = "vat_id" if _is_vat(scheme) else "tax_id"
        if field not in found:
            put(found, field, scheme.take("cbc:CompanyID"))
            take_vat(scheme)
    put(found, "endpoint", identifier(node.find("cbc:EndpointID")))
    put(found, "address", address(node.find("cac:PostalAddress")))
    put(found, "contact", fields(node.find("cac:Contact"), _CONTACT))
    return found


def payee(node: Node | None) -> _Content:
    """BG-10."""
    found: _Content = {}
    if node is not None:
        legal = node.take("cac:PartyLegalEntity/cbc:RegistrationName")
        put(found, "name", legal or node.take("cac:PartyName/cbc:Name"))
        put(found, "identifiers", _identifiers(node))
        put(found, "legal_id", identifier(node.find("cac:PartyLegalEntity/cbc:CompanyID")))
    return found


def representative(node: Node | None) -> _Content:
    """BG-11."""
    found: _Content = {}
    if node is not None:
        put(found, "name", node.take("cac:PartyName/cbc:Name"))
        put(found, "vat_id", node.take("cac:PartyTaxScheme/cbc:CompanyID"))
        for scheme in node.all("cac:PartyTaxScheme"):
            take_vat(scheme)
        put(found, "address", address(node.find("cac:PostalAddress")))
    return found


def address(node: Node | None) -> _Content:
    """An address; free address lines take the places that street names leave."""
    found = fields(node, _ADDRESS)
    lines = [] if node is None else node.all("cac:AddressLine")
    slots = ["line1", "line2", "line3"] if "line1" not in found else ["line3"]
    for line in lines:
        free = next((slot for slot in slots if slot not in found), None)
        if free is not None:
            put(found, free, line.take("cbc:Line"))
    return found


def take_vat(node: Node) -> None:
    """Mark the tax scheme as read where it is VAT, as the fields it belongs to imply."""
    if node.peek("cac:TaxScheme/cbc:ID") == "VAT":
        node.take("cac:TaxScheme/cbc:ID")


def _identifiers(node: Node) -> list[_Content]:
    found = (identifier(child.find("cbc:ID")) for child in node.all("cac:PartyIdentification"))
    return [one for one in found if one]


def _is_vat(scheme: Node) -> bool:
    # "UK VAT" of UBL 2.0's own examples is VAT as well.
    words = scheme.peek("cac:TaxScheme/cbc:ID").upper().split()
    return not _VAT_SCHEMES.isdisjoint(words)


def _person(node: Node) -> str:
    person = node.find("cac:Person")
    names = [] if person is None else [person.peek(name) for name in _PERSON]
    return " ".join(name for name in names if name)
