"""Which element of a UBL document is which field of the content (EN 16931-3-2, the UBL binding).

A value that had to be changed to be a field (an OIOUBL category, a date with a zone) is not marked as read,
so it stands in both places.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from worker.sources.content import CREDIT_NOTE_CODES
from worker.sources.ubl import amounts
from worker.sources.ubl.parties import address, fields, identifier, party, payee, put, representative
from worker.sources.ubl.tree import Node

_Content = dict[str, Any]
_HEAD: Final = (
    ("cbc:CustomizationID", "specification"),
    ("cbc:ProfileID", "process"),
    ("cbc:ID", "number"),
    ("cbc:InvoiceTypeCode", "type_code"),
    ("cbc:CreditNoteTypeCode", "type_code"),
    ("cbc:DocumentCurrencyCode", "currency"),
    ("cbc:TaxCurrencyCode", "tax_currency"),
    ("cbc:AccountingCost", "buyer_accounting_reference"),
    ("cbc:BuyerReference", "buyer_reference"),
    ("cac:InvoicePeriod/cbc:DescriptionCode", "tax_point_code"),
    ("cac:OrderReference/cbc:ID", "order_reference"),
    ("cac:OrderReference/cbc:SalesOrderID", "sales_order_reference"),
    ("cac:DespatchDocumentReference/cbc:ID", "despatch_reference"),
    ("cac:ReceiptDocumentReference/cbc:ID", "receipt_reference"),
    ("cac:OriginatorDocumentReference/cbc:ID", "tender_reference"),
    ("cac:ContractDocumentReference/cbc:ID", "contract_reference"),
    ("cac:ProjectReference/cbc:ID", "project_reference"),
    ("cac:PaymentTerms/cbc:Note", "payment_terms"),
)
_ATTACHMENT: Final = (
    ("cbc:ID", "id"),
    ("cbc:DocumentDescription", "description"),
    ("cbc:DocumentType", "description"),
    ("cac:Attachment/cac:ExternalReference/cbc:URI", "uri"),
)
_LINE: Final = (
    ("cbc:ID", "id"),
    ("cbc:Note", "note"),
    ("cbc:InvoicedQuantity", "quantity"),
    ("cbc:CreditedQuantity", "quantity"),
    ("cbc:LineExtensionAmount", "net"),
    ("cbc:AccountingCost", "accounting_reference"),
    ("cbc:FreeOfChargeIndicator", "free_of_charge"),
    ("cac:OrderLineReference/cbc:LineID", "order_line"),
    ("cac:Price/cbc:PriceAmount", "price"),
    ("cac:Price/cbc:BaseQuantity", "base_quantity"),
)
_ITEM: Final = (
    ("cbc:Name", "name"),
    ("cbc:Description", "description"),
    ("cac:BuyersItemIdentification/cbc:ID", "buyer_id"),
    ("cac:SellersItemIdentification/cbc:ID", "seller_id"),
    ("cac:OriginCountry/cbc:IdentificationCode", "origin_country"),
)
_PROPERTY: Final = (("cbc:Name", "name"), ("cbc:Value", "value"))
_CARD: Final = (
    ("cbc:PrimaryAccountNumberID", "number"),
    ("cbc:NetworkID", "network"),
    ("cbc:HolderName", "holder"),
)
_MANDATE: Final = (("cbc:ID", "id"), ("cac:PayerFinancialAccount/cbc:ID", "account"))

# UNTDID 1001 codes that say what an additional document is.
_INVOICED_OBJECT, _PROJECT = "130", "50"
_NOT_KNOWN: Final = frozenset({"", "n/a", "na"})
_ZONED_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})")
_BIC = re.compile(r"[A-Za-z]{6}[A-Za-z0-9]{2}(?:[A-Za-z0-9]{3})?")


def content(root: Node) -> _Content:
    """The fields of a document; totals are in EN 16931's terms but not yet checked."""
    found = fields(root, _HEAD)
    oioubl = found.get("specification", "").startswith("OIOUBL")
    credit = root.name == "CreditNote" or found.get("type_code") in CREDIT_NOTE_CODES
    found["document_type"] = "credit_note" if credit else "invoice"
    _dates(root, found)
    put(found, "notes", [text for note in root.all("cbc:Note") if (text := note.take_text())])
    put(found, "preceding_invoices", _preceding(root))
    put(found, "seller", party(root.find("cac:AccountingSupplierParty/cac:Party")))
    put(found, "buyer", party(root.find("cac:AccountingCustomerParty/cac:Party")))
    if oioubl and "buyer_reference" not in found:
        put(found, "buyer_reference", _contact_number(root))
    put(found, "payee", payee(root.find("cac:PayeeParty")))
    put(found, "tax_representative", representative(root.find("cac:TaxRepresentativeParty")))
    put(found, "delivery", _delivery(root.find("cac:Delivery")))
    _documents(root, found)
    put(found, "payment", _each(root, "cac:PaymentMeans", _payment))
    line = partial(_line, oioubl=oioubl)
    put(found, "lines", _each(root, "cac:InvoiceLine", line) + _each(root, "cac:CreditNoteLine", line))
    amounts.read(root, found, oioubl=oioubl)
    return found


def _each(node: Node, name: str, read: Callable[[Node], _Content]) -> list[_Content]:
    return [found for child in node.all(name) if (found := read(child))]


# --- the head


def _dates(root: Node, found: _Content) -> None:
    put(found, "issue_date", _day(root, "cbc:IssueDate"))
    due = ("cbc:DueDate", "cac:PaymentMeans/cbc:PaymentDueDate", "cac:PaymentTerms/cbc:PaymentDueDate")
    stated = next((path for path in due if root.peek(path)), None)
    if stated is not None:
        found["due_date"] = _day(root, stated)
    put(found, "tax_point_date", _day(root, "cbc:TaxPointDate"))
    put(found, "period", _period(root))


def _day(node: Node, path: str) -> str:
    """A date as YYYY-MM-DD; a zone (xsd:date allows one) is no part of the field."""
    zoned = _ZONED_DAY.fullmatch(node.peek(path))
    return zoned[1] if zoned else node.take(path)


def _period(node: Node) -> _Content:
    found: _Content = {}
    period = node.find("cac:InvoicePeriod")
    if period is not None:
        put(found, "start", _day(period, "cbc:StartDate"))
        put(found, "end", _day(period, "cbc:EndDate"))
    return found


def _preceding(root: Node) -> list[_Content]:
    found = []
    for reference in root.all("cac:BillingReference"):
        invoice = reference.find("cac:InvoiceDocumentReference")
        if invoice is not None and invoice.peek("cbc:ID"):
            one = {"number": invoice.take("cbc:ID")}
            put(one, "issue_date", _day(invoice, "cbc:IssueDate"))
            found.append(one)
    return found


def _contact_number(root: Node) -> str:
    """OIOUBL's buyer reference is the number of the buyer's contact (F-INV051); "n/a" is none."""
    contact = root.find("cac:AccountingCustomerParty/cac:Party/cac:Contact")
    if contact is None or contact.peek("cbc:ID").lower() in _NOT_KNOWN:
        return ""
    return contact.take("cbc:ID")


def _delivery(node: Node | None) -> _Content:
    found: _Content = {}
    if node is not None:
        put(found, "name", node.take("cac:DeliveryParty/cac:PartyName/cbc:Name"))
        put(found, "date", _day(node, "cbc:ActualDeliveryDate"))
        put(found, "location", identifier(node.find("cac:DeliveryLocation/cbc:ID")))
        put(found, "address", address(node.find("cac:DeliveryLocation/cac:Address")))
    return found


def _documents(root: Node, found: _Content) -> None:
    """Additional documents: the invoiced object, in credit notes the project (rule R080), attachments."""
    attachments = []
    for node in root.all("cac:AdditionalDocumentReference"):
        field = {_INVOICED_OBJECT: "invoiced_object", _PROJECT: "project_reference"}.get(
            node.peek("cbc:DocumentTypeCode")
        )
        if field is not None and field not in found and node.peek("cbc:ID"):
            found.update(_referred(node, field))
        else:
            attachments.append(_attachment(node))
    put(found, "attachments", [one for one in attachments if one])


def _referred(node: Node, field: str) -> _Content:
    """The field of a document that is no attachment; only the invoiced object's number has a scheme."""
    one = identifier(node.find("cbc:ID")) if field == "invoiced_object" else {"value": node.take("cbc:ID")}
    node.take("cbc:DocumentTypeCode")
    found = {field: one["value"]}
    put(found, f"{field}_scheme", one.get("scheme"))
    return found


def _attachment(node: Node) -> _Content:
    found = fields(node, _ATTACHMENT)
    binary = node.find("cac:Attachment/cbc:EmbeddedDocumentBinaryObject")
    if binary is not None:
        put(found, "mime", binary.take_attribute("mimeCode"))
        put(found, "filename", binary.take_attribute("filename"))
        put(found, "content", binary.take_text())
    return found


# --- payment


def _payment(node: Node) -> _Content:
    found: _Content = {}
    code = node.find("cbc:PaymentMeansCode")
    if code is not None:
        put(found, "means_code", code.take_text())
        put(found, "means_text", code.take_attribute("name"))
    put(found, "remittance", node.take("cbc:PaymentID"))
    put(found, "instruction", node.take("cbc:InstructionID"))
    if "remittance" not in found:
        put(found, "remittance", node.take("cac:PayeeFinancialAccount/cbc:PaymentNote"))
    put(found, "account", _account(node))
    put(found, "card", fields(node.find("cac:CardAccount"), _CARD))
    put(found, "mandate", fields(node.find("cac:PaymentMandate"), _MANDATE))
    return found


def _account(means: Node) -> _Content:
    """BG-17; a bank is named by its BIC or by a national code, and stands in either of two elements."""
    account = means.find("cac:PayeeFinancialAccount")
    if account is None:
        return fields(means.find("cac:CreditAccount"), (("cbc:AccountID", "id"),))
    found = fields(account, (("cbc:ID", "id"), ("cbc:Name", "name")))
    branch = account.find("cac:FinancialInstitutionBranch")
    if branch is not None:
        for path in ("cac:FinancialInstitution/cbc:ID", "cbc:ID"):
            if "bic" not in found and _BIC.fullmatch(branch.peek(path)):
                found["bic"] = branch.take(path)
        put(found, "branch", branch.take("cbc:ID"))
    return found


# --- lines


def _line(node: Node, *, oioubl: bool) -> _Content:
    quantity = node.find("cbc:InvoicedQuantity") or node.find("cbc:CreditedQuantity")
    unit = "" if quantity is None else quantity.take_attribute("unitCode")
    found = fields(node, _LINE)
    put(found, "unit", unit)
    base = node.find("cac:Price/cbc:BaseQuantity")
    if base is not None:
        base.forget_attribute("unitCode", unit)
    put(found, "period", _period(node))
    put(found, "object", _object(node))
    found.update(amounts.allowances(node, factor=oioubl))
    found.update(amounts.price_discount(node))
    put(found, "item", _item(node.find("cac:Item")))
    found.update(amounts.line_category(node))
    return found


def _object(node: Node) -> _Content:
    """BT-128: the first of a line's documents that is of the type of objects."""
    for reference in node.all("cac:DocumentReference"):
        if reference.peek("cbc:DocumentTypeCode") == _INVOICED_OBJECT:
            reference.take("cbc:DocumentTypeCode")
            return identifier(reference.find("cbc:ID"))
    return {}


def _item(node: Node | None) -> _Content:
    found = fields(node, _ITEM)
    if node is not None:
        put(found, "standard_id", identifier(node.find("cac:StandardItemIdentification/cbc:ID")))
        put(found, "classifications", _each(node, "cac:CommodityClassification", _classification))
        properties = _each(node, "cac:AdditionalItemProperty", lambda child: fields(child, _PROPERTY))
        put(found, "properties", properties)
    return found


def _classification(node: Node) -> _Content:
    found: _Content = {}
    code = node.find("cbc:ItemClassificationCode")
    if code is not None and code.text:
        found["value"] = code.take_text()
        put(found, "scheme", code.take_attribute("listID"))
        put(found, "version", code.take_attribute("listVersionID"))
    return found
