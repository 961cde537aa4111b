"""Parties of a Cross Industry Invoice."""

from __future__ import annotations

from models.invoice_document import Address, Contact, Delivery, Identifier, Party, Payee, TaxRepresentative
from worker.formats.cii.parts import Profile, group, identified, leaf, numbered
from worker.formats.einvoice.rules.parties import SEPA


def seller(given: Party, profile: Profile) -> str:
    """BG-4."""
    return _party(
        "SellerTradeParty", given, profile, trading_name=given.get("trading_name"), tax_id=given.get("tax_id")
    )


def buyer(given: Party, profile: Profile) -> str:
    """BG-7. Its tax number beside the VAT number is no term of EN 16931; BASIC has no trading name of it."""
    return _party(
        "BuyerTradeParty",
        given,
        profile,
        trading_name=given.get("trading_name") if profile.whole else None,
        tax_id=None if profile.facturx else given.get("tax_id"),
    )


def _party(name: str, given: Party, profile: Profile, *, trading_name: str | None, tax_id: str | None) -> str:
    ids = [one for one in given.get("identifiers", ()) if one.get("scheme") != SEPA]
    return group(
        name,
        *(numbered(one) for one in sorted(ids, key=lambda one: bool(one.get("scheme")))),
        leaf("Name", given.get("name")),
        leaf("Description", given.get("legal_form")) if profile.whole else "",
        _organisation(given.get("legal_id"), trading_name),
        _contact(given.get("contact", {})) if profile.whole else "",
        address(given.get("address", {})),
        _endpoint(given.get("endpoint")),
        _registration("VA", given.get("vat_id")),
        _registration("FC", tax_id),
    )


def creditor_ids(given: Party) -> list[str]:
    """BT-90: the seller's number at its bank, which stands among its identifiers."""
    return [one.get("value", "") for one in given.get("identifiers", ()) if one.get("scheme") == SEPA]


def payee(given: Payee | None) -> str:
    """BG-10."""
    if given is None:
        return ""
    return group(
        "PayeeTradeParty",
        *(numbered(one) for one in given.get("identifiers", ())),
        leaf("Name", given.get("name")),
        _organisation(given.get("legal_id"), None),
    )


def representative(given: TaxRepresentative | None) -> str:
    """BG-11."""
    if given is None:
        return ""
    return group(
        "SellerTaxRepresentativeTradeParty",
        leaf("Name", given.get("name")),
        address(given.get("address", {})),
        _registration("VA", given.get("vat_id")),
    )


def ship_to(given: Delivery) -> str:
    """BG-13, without its day."""
    location = given.get("location")
    return group(
        "ShipToTradeParty",
        numbered(location) if location else "",
        leaf("Name", given.get("name")),
        address(given.get("address", {})),
    )


def address(given: Address) -> str:
    """BG-5, BG-8, BG-12, BG-15."""
    street = " ".join(part for part in (given.get("line1"), given.get("building")) if part)
    return group(
        "PostalTradeAddress",
        leaf("PostcodeCode", given.get("postal_code")),
        leaf("LineOne", street),
        leaf("LineTwo", given.get("line2")),
        leaf("LineThree", given.get("line3")),
        leaf("CityName", given.get("city")),
        leaf("CountryID", given.get("country")),
        leaf("CountrySubDivisionName", given.get("subdivision")),
    )


def _organisation(legal_id: Identifier | None, trading_name: str | None) -> str:
    number = identified("ID", legal_id)
    return group("SpecifiedLegalOrganization", number, leaf("TradingBusinessName", trading_name))


def _contact(given: Contact) -> str:
    return group(
        "DefinedTradeContact",
        leaf("PersonName", given.get("name")),
        group("TelephoneUniversalCommunication", leaf("CompleteNumber", given.get("phone"))),
        group("EmailURIUniversalCommunication", leaf("URIID", given.get("email"))),
    )


def _endpoint(given: Identifier | None) -> str:
    return group("URIUniversalCommunication", identified("URIID", given))


def _registration(scheme: str, number: str | None) -> str:
    return group("SpecifiedTaxRegistration", identified("ID", {"scheme": scheme, "value": number or ""}))
