"""The demo's documents as UBL 2.1 that keeps the rules of EN 16931."""

from __future__ import annotations

from decimal import Decimal

from lxml import etree

from companies import Company
from documents import Document, Line

_SCHEMA = "urn:oasis:names:specification:ubl:schema:xsd:"
_CAC = f"{{{_SCHEMA}CommonAggregateComponents-2}}"
_CBC = f"{{{_SCHEMA}CommonBasicComponents-2}}"
_NOT_TAXED = "Not subject to VAT"


def to_xml(document: Document) -> bytes:
    """One document as a whole XML file."""
    name = "CreditNote" if document.is_credit_note else "Invoice"
    root = etree.fromstring(
        f'<{name} xmlns="{_SCHEMA}{name}-2" xmlns:cac="{_CAC[1:-1]}" xmlns:cbc="{_CBC[1:-1]}"/>'
    )
    _head(root, document)
    _party(root, "AccountingSupplierParty", document.seller)
    _party(root, "AccountingCustomerParty", document.buyer)
    _payment(root, document)
    _vat(root, document)
    _totals(root, document)
    for number, line in enumerate(document.lines, start=1):
        _line(root, document, number, line)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _head(root: etree._Element, document: Document) -> None:
    _text(root, "CustomizationID", "urn:cen.eu:en16931:2017")
    _text(root, "ID", document.number)
    _text(root, "IssueDate", document.issued.isoformat())
    if document.is_credit_note:
        _text(root, "CreditNoteTypeCode", "381")
    else:
        _text(root, "DueDate", document.due.isoformat())
        _text(root, "InvoiceTypeCode", "380")
    _text(root, "DocumentCurrencyCode", document.seller.currency)
    _text(root, "AccountingCost", document.cost_centre)
    _text(_group(root, "OrderReference"), "ID", document.order)
    if document.corrects is not None:
        reference = _group(root, "BillingReference", "InvoiceDocumentReference")
        _text(reference, "ID", document.corrects.number)
        _text(reference, "IssueDate", document.corrects.issued.isoformat())


def _party(root: etree._Element, role: str, company: Company) -> None:
    party = _group(root, role, "Party")
    address = _group(party, "PostalAddress")
    _text(address, "StreetName", company.street)
    _text(address, "CityName", company.city)
    _text(address, "PostalZone", company.postal_code)
    _text(_group(address, "Country"), "IdentificationCode", company.country)
    if company.vat_id:
        scheme = _group(party, "PartyTaxScheme")
        _text(scheme, "CompanyID", company.vat_id)
        _text(_group(scheme, "TaxScheme"), "ID", "VAT")
    legal = _group(party, "PartyLegalEntity")
    _text(legal, "RegistrationName", company.name)
    _text(legal, "CompanyID", company.legal_id)


def _payment(root: etree._Element, document: Document) -> None:
    means = _group(root, "PaymentMeans")
    _text(means, "PaymentMeansCode", "1")  # UNTDID 4461: not defined by the seller
    if document.is_credit_note:
        _text(means, "PaymentDueDate", document.due.isoformat())
    _text(means, "PaymentID", document.number)
    _text(_group(root, "PaymentTerms"), "Note", "30 days net")


def _vat(root: etree._Element, document: Document) -> None:
    total = _group(root, "TaxTotal")
    _amount(total, "TaxAmount", document, document.vat)
    group = _group(total, "TaxSubtotal")
    _amount(group, "TaxableAmount", document, document.net)
    _amount(group, "TaxAmount", document, document.vat)
    _category(group, "TaxCategory", document.seller, reason=_NOT_TAXED)


def _category(parent: etree._Element, name: str, seller: Company, *, reason: str = "") -> None:
    """Standard rate for who has a VAT number; else O, which allows neither rate nor VAT numbers (BR-O-2)."""
    category = _group(parent, name)
    _text(category, "ID", "S" if seller.vat_id else "O")
    if seller.vat_id:
        _text(category, "Percent", str(seller.vat_rate))
    elif reason:
        _text(category, "TaxExemptionReason", reason)
    _text(_group(category, "TaxScheme"), "ID", "VAT")


def _totals(root: etree._Element, document: Document) -> None:
    totals = _group(root, "LegalMonetaryTotal")
    _amount(totals, "LineExtensionAmount", document, document.net)
    _amount(totals, "TaxExclusiveAmount", document, document.net)
    _amount(totals, "TaxInclusiveAmount", document, document.payable)
    _amount(totals, "PayableAmount", document, document.payable)


def _line(root: etree._Element, document: Document, number: int, line: Line) -> None:
    kind, quantity = ("CreditNoteLine", "CreditedQuantity") if document.is_credit_note else _INVOICE_LINE
    element = _group(root, kind)
    _text(element, "ID", str(number))
    _text(element, quantity, str(line.quantity)).set("unitCode", line.good.unit)
    _amount(element, "LineExtensionAmount", document, line.net)
    item = _group(element, "Item")
    _text(item, "Name", line.good.name)
    _category(item, "ClassifiedTaxCategory", document.seller)
    _amount(_group(element, "Price"), "PriceAmount", document, line.price)


_INVOICE_LINE = ("InvoiceLine", "InvoicedQuantity")


def _group(parent: etree._Element, *names: str) -> etree._Element:
    for name in names:
        parent = etree.SubElement(parent, f"{_CAC}{name}")
    return parent


def _text(parent: etree._Element, name: str, text: str) -> etree._Element:
    element = etree.SubElement(parent, f"{_CBC}{name}")
    element.text = text
    return element


def _amount(parent: etree._Element, name: str, document: Document, value: Decimal) -> None:
    _text(parent, name, f"{value:f}").set("currencyID", document.seller.currency)
