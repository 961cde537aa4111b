"""A whole Cross Industry Invoice: context, head, lines, and the blocks agreement, delivery, settlement."""

from __future__ import annotations

import re
from typing import Final

from models.invoice_document import Attachment, Document
from worker.formats.cii import lines, money, parties
from worker.formats.cii.parts import Profile, day, formatted_day, group, leaf, period
from worker.formats.einvoice.embedded import canonical
from worker.formats.einvoice.xml import DECLARATION, attribute

_UN: Final = "urn:un:unece:uncefact:data:standard:"
_HEAD: Final = (
    f'<rsm:CrossIndustryInvoice xmlns:rsm="{_UN}CrossIndustryInvoice:100"'
    f' xmlns:ram="{_UN}ReusableAggregateBusinessInformationEntity:100"'
    f' xmlns:udt="{_UN}UnqualifiedDataType:100" xmlns:qdt="{_UN}QualifiedDataType:100">'
)
# BT-21 before BT-22, as UBL writes both in one.
_SUBJECT: Final = re.compile(r"#([A-Z0-9]{3})#(.*)", re.DOTALL)
_ATTACHED, _TENDER, _OBJECT = "916", "50", "130"
_PROJECT_NAME: Final = "Project reference"  # the schema asks for a name where EN 16931 has a number alone


def written(document: Document, profile: Profile) -> bytes:
    """The XML of a completed document that has no findings."""
    return "\n".join(
        (
            f"{DECLARATION}{_HEAD}",
            _context(document, profile),
            _head(document),
            "<rsm:SupplyChainTradeTransaction>",
            *(lines.line(line, profile) for line in document.get("lines", ())),
            _agreement(document, profile),
            _delivery(document, profile),
            _settlement(document, profile),
            "</rsm:SupplyChainTradeTransaction>",
            "</rsm:CrossIndustryInvoice>\n",
        )
    ).encode()


def _context(document: Document, profile: Profile) -> str:
    process = group("BusinessProcessSpecifiedDocumentContextParameter", leaf("ID", document.get("process")))
    guideline = group("GuidelineSpecifiedDocumentContextParameter", leaf("ID", profile.guideline))
    return f"<rsm:ExchangedDocumentContext>{process}{guideline}</rsm:ExchangedDocumentContext>"


def _head(document: Document) -> str:
    inner = (
        leaf("ID", document.get("number")),
        leaf("TypeCode", document.get("type_code")),
        day("IssueDateTime", document.get("issue_date")),
        *(_note(note) for note in document.get("notes", ())),
    )
    return f"<rsm:ExchangedDocument>{''.join(inner)}</rsm:ExchangedDocument>"


def _note(text: str) -> str:
    subject = _SUBJECT.fullmatch(text)
    if subject is None or not subject[2].strip():
        return group("IncludedNote", leaf("Content", text))
    return group("IncludedNote", leaf("Content", subject[2]), leaf("SubjectCode", subject[1]))


def _agreement(document: Document, profile: Profile) -> str:
    contract = _referenced("ContractReferencedDocument", document.get("contract_reference"))
    whole = profile.whole
    return group(
        "ApplicableHeaderTradeAgreement",
        leaf("BuyerReference", document.get("buyer_reference")),
        parties.seller(document.get("seller", {}), profile),
        parties.buyer(document.get("buyer", {}), profile),
        parties.representative(document.get("tax_representative")),
        _referenced("SellerOrderReferencedDocument", document.get("sales_order_reference")) if whole else "",
        _referenced("BuyerOrderReferencedDocument", document.get("order_reference")),
        contract,
        _additional(document) if whole else "",
        _project(document.get("project_reference")) if whole else "",
    )


def _additional(document: Document) -> str:
    """Attachments, the tender or lot, and the invoiced object."""
    attached = (_attachment(one) for one in document.get("attachments", ()))
    tender, invoiced = document.get("tender_reference"), document.get("invoiced_object")
    name = "AdditionalReferencedDocument"
    return "".join(
        (
            *attached,
            group(name, leaf("IssuerAssignedID", tender), leaf("TypeCode", _TENDER)) if tender else "",
            group(
                name,
                leaf("IssuerAssignedID", invoiced),
                leaf("TypeCode", _OBJECT),
                leaf("ReferenceTypeCode", document.get("invoiced_object_scheme")),
            )
            if invoiced
            else "",
        )
    )


def _attachment(given: Attachment) -> str:
    """BG-24."""
    content = canonical(given["content"]) if "content" in given else None
    about = attribute("mimeCode", given.get("mime")) + attribute("filename", given.get("filename"))
    return group(
        "AdditionalReferencedDocument",
        leaf("IssuerAssignedID", given.get("id")),
        leaf("URIID", given.get("uri")),
        leaf("TypeCode", _ATTACHED),
        leaf("Name", given.get("description")),
        leaf("AttachmentBinaryObject", content, about),
    )


def _project(number: str | None) -> str:
    return (
        group("SpecifiedProcuringProject", leaf("ID", number), leaf("Name", _PROJECT_NAME)) if number else ""
    )


def _delivery(document: Document, profile: Profile) -> str:
    """May be empty, and has to be there."""
    given = document.get("delivery", {})
    receipt = _referenced("ReceivingAdviceReferencedDocument", document.get("receipt_reference"))
    inner = (
        parties.ship_to(given),
        group("ActualDeliverySupplyChainEvent", day("OccurrenceDateTime", given.get("date"))),
        _referenced("DespatchAdviceReferencedDocument", document.get("despatch_reference")),
        receipt if profile.whole else "",
    )
    return f"<ram:ApplicableHeaderTradeDelivery>{''.join(inner)}</ram:ApplicableHeaderTradeDelivery>"


def _settlement(document: Document, profile: Profile) -> str:
    return group(
        "ApplicableHeaderTradeSettlement",
        leaf("CreditorReferenceID", next(iter(parties.creditor_ids(document.get("seller", {}))), None)),
        leaf("PaymentReference", next(iter(money.references(document)), None)),
        leaf("TaxCurrencyCode", document.get("tax_currency")),
        leaf("InvoiceCurrencyCode", document.get("currency")),
        parties.payee(document.get("payee")),
        *(money.means(payment, profile) for payment in document.get("payment", ())),
        money.breakdown(document, profile),
        period(document.get("period")),
        *(money.allowance(one, charge=False) for one in document.get("allowances", ())),
        *(money.allowance(one, charge=True) for one in document.get("charges", ())),
        money.terms(document),
        money.totals(document, profile),
        *(
            group(
                "InvoiceReferencedDocument",
                leaf("IssuerAssignedID", one.get("number")),
                formatted_day("FormattedIssueDateTime", one.get("issue_date")),
            )
            for one in document.get("preceding_invoices", ())
        ),
        money.account(document.get("buyer_accounting_reference")),
    )


def _referenced(name: str, number: str | None) -> str:
    return group(name, leaf("IssuerAssignedID", number))
