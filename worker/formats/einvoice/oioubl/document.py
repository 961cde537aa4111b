"""A prepared document as OIOUBL 2.1 writes it: a UBL 2.1 Invoice or CreditNote."""

from __future__ import annotations

from typing import Final

from models.invoice_document import AllowanceCharge, Attachment, Document, Line
from worker.formats.einvoice.amounts import EXACT, HUNDRED, ZERO, number, text
from worker.formats.einvoice.embedded import canonical
from worker.formats.einvoice.oioubl import parties, payments, taxes
from worker.formats.einvoice.oioubl.taxes import money, padded
from worker.formats.einvoice.ubl import parts as ubl
from worker.formats.einvoice.ubl.parts import Parts, Table, amount, ordered, put, texts
from worker.formats.einvoice.xml import attribute, leaf, wrapped

SPECIFICATION: Final = "OIOUBL-2.1"
PROCESS: Final = "Procurement-BilSim-1.0"
_AGENCY: Final = attribute("schemeAgencyID", "320")
_PROFILE: Final = _AGENCY + attribute("schemeID", "urn:oioubl:id:profileid-1.6")
_NEW_TYPES: Final = frozenset({"390"})
_HEAD: Final[Table] = (
    ("cbc:ID", "number"),
    ("cbc:IssueDate", "issue_date"),
    ("cbc:TaxPointDate", "tax_point_date"),
    ("cbc:DocumentCurrencyCode", "currency"),
    ("cbc:TaxCurrencyCode", "tax_currency"),
    ("cbc:AccountingCost", "buyer_accounting_reference"),
)
_REFERENCES: Final[Table] = (
    ("cac:DespatchDocumentReference", "despatch_reference"),
    ("cac:ReceiptDocumentReference", "receipt_reference"),
    ("cac:OriginatorDocumentReference", "tender_reference"),
    ("cac:ContractDocumentReference", "contract_reference"),
)
_ORDER: Final[Table] = (("cbc:ID", "order_reference"), ("cbc:SalesOrderID", "sales_order_reference"))
REASONS: Final = frozenset({*(str(code) for code in range(1, 74)), "ZZZ"})
"""Reason codes of UN/ECE 4465; those of EN 16931 are from other lists."""


def written(document: Document) -> str:
    """The whole document; what it holds must have been checked."""
    root = ubl.root_of(document.get("document_type", "invoice"))
    currency = document["currency"]
    parts: Parts = {
        "cbc:UBLVersionID": leaf("cbc:UBLVersionID", "2.1"),
        "cbc:CustomizationID": leaf("cbc:CustomizationID", SPECIFICATION),
        "cbc:ProfileID": leaf("cbc:ProfileID", PROCESS, _PROFILE),
    }
    parts |= texts(document, _HEAD)
    if root == "Invoice":
        parts["cbc:InvoiceTypeCode"] = _type_code(document["type_code"])
    if "notes" in document:
        parts["cbc:Note"] = "".join(leaf("cbc:Note", note) for note in document["notes"])
    put(parts, "cac:InvoicePeriod", ubl.period(document.get("period", {})))
    put(parts, "cac:OrderReference", "".join(texts(document, _ORDER).values()))
    if "preceding_invoices" in document:
        parts["cac:BillingReference"] = ubl.preceding(document["preceding_invoices"])
    parts |= ubl.references(document, _REFERENCES)
    _documents(document, parts)
    parties.add(document, parts)
    _payments(document, currency, parts)
    details = [_detail(one, "false", currency) for one in document.get("allowances", ())]
    details += [_detail(one, "true", currency) for one in document.get("charges", ())]
    if details:
        parts["cac:AllowanceCharge"] = "\n".join(details)
    put(parts, "cac:TaxTotal", taxes.document_total(document, currency))
    put(parts, "cac:LegalMonetaryTotal", _totals(document, root, currency, parts))
    exempt = taxes.exemption(document)
    line_name = f"cac:{root}Line"
    parts[line_name] = "\n".join(_line(line, root, currency, exempt) for line in document["lines"])
    return ubl.whole(root, parts)


def _type_code(code: str) -> str:
    version = "1.2" if code in _NEW_TYPES else "1.1"
    listed = attribute("listAgencyID", "320")
    listed += attribute("listID", f"urn:oioubl:codelist:invoicetypecode-{version}")
    return leaf("cbc:InvoiceTypeCode", code, listed)


def _documents(document: Document, parts: Parts) -> None:
    name = "cac:AdditionalDocumentReference"
    for term, code in (("invoiced_object", "130"), ("project_reference", "50")):
        if term in document:
            scheme = attribute("schemeID", document.get(f"{term}_scheme"))  # type: ignore[arg-type]
            put(parts, name, leaf("cbc:ID", document[term], scheme) + leaf("cbc:DocumentTypeCode", code))  # type: ignore[literal-required]
    for attachment in document.get("attachments", ()):
        for file in _files(attachment):
            kind = leaf("cbc:DocumentType", attachment.get("description", "Attachment"))
            put(parts, name, leaf("cbc:ID", attachment["id"]) + kind + wrapped("cac:Attachment", file))


def _files(given: Attachment) -> list[str]:
    """A reference holds an embedded file or an address, never both (F-LIB095): then there are two."""
    found = []
    if "content" in given:
        about = attribute("mimeCode", given["mime"]) + attribute("filename", given["filename"])
        found.append(leaf("cbc:EmbeddedDocumentBinaryObject", canonical(given["content"]) or "", about))
    if "uri" in given:
        found.append(wrapped("cac:ExternalReference", leaf("cbc:URI", given["uri"])))
    return found or [""]


def _payments(document: Document, currency: str, parts: Parts) -> None:
    due = document.get("due_date", "")
    given = document.get("payment", ())
    for position, payment in enumerate(given, start=1):
        put(parts, "cac:PaymentMeans", payments.element(payment, str(position), due))
    terms = leaf("cbc:Note", document["payment_terms"]) if "payment_terms" in document else ""
    terms_due = leaf("cbc:PaymentDueDate", due) if due and not given else ""
    if terms or terms_due:
        payable = amount("cbc:Amount", padded(document["totals"]["payable"]), currency)
        put(parts, "cac:PaymentTerms", f"{leaf('cbc:ID', '1')}{terms}{payable}{terms_due}")


def _detail(detail: AllowanceCharge, indicator: str, currency: str) -> str:
    reason = detail.get("reason") or detail.get("reason_code", "")
    parts: Parts = {"cbc:ChargeIndicator": leaf("cbc:ChargeIndicator", indicator)}
    if detail.get("reason_code") in REASONS:
        parts["cbc:AllowanceChargeReasonCode"] = leaf("cbc:AllowanceChargeReasonCode", detail["reason_code"])
    if reason:
        parts["cbc:AllowanceChargeReason"] = leaf("cbc:AllowanceChargeReason", reason)
    parts["cbc:Amount"] = amount("cbc:Amount", padded(detail["amount"]), currency)
    if "base" in detail:
        parts["cbc:BaseAmount"] = amount("cbc:BaseAmount", padded(detail["base"]), currency)
        percent = number(detail.get("percent", ""))
        if percent is not None:
            factor = text(EXACT.divide(percent, HUNDRED))
            parts["cbc:MultiplierFactorNumeric"] = leaf("cbc:MultiplierFactorNumeric", factor)
    parts["cac:TaxCategory"] = taxes.category_element(detail["vat_category"], detail.get("vat_rate"))
    return wrapped("cac:AllowanceCharge", ordered("cac:AllowanceCharge", parts))


def _totals(document: Document, root: str, currency: str, parts: Parts) -> str:
    """OIOUBL's TaxExclusiveAmount is the sum of the taxes, and its TaxInclusiveAmount holds the rounding."""
    values = {name: number(str(value)) or ZERO for name, value in document["totals"].items()}
    rounding = values.get("rounding", ZERO)
    sums = {
        "cbc:LineExtensionAmount": values["line_net"],
        "cbc:TaxExclusiveAmount": values["vat"],
        "cbc:TaxInclusiveAmount": values["with_vat"] + rounding,
        "cbc:PayableAmount": values["payable"],
    }
    if document.get("allowances"):
        sums["cbc:AllowanceTotalAmount"] = values["allowances"]
    if document.get("charges"):
        sums["cbc:ChargeTotalAmount"] = values["charges"]
    optional = {
        "cbc:PrepaidAmount": values.get("paid", ZERO),
        "cbc:PayableRoundingAmount": rounding,
    }
    sums |= {name: value for name, value in optional.items() if value}
    if root == "Invoice" and values.get("paid"):
        put(parts, "cac:PrepaidPayment", amount("cbc:PaidAmount", money(values["paid"]), currency))
    elements = {name: amount(name, money(value), currency) for name, value in sums.items()}
    return ordered("cac:LegalMonetaryTotal", elements)


def _line(line: Line, root: str, currency: str, exempt: str) -> str:
    name = f"cac:{root}Line"
    parts = ubl.line_start(line, root, currency)
    parts["cbc:LineExtensionAmount"] = amount("cbc:LineExtensionAmount", padded(line["net"]), currency)
    if line.get("free_of_charge") == "true":
        parts["cbc:FreeOfChargeIndicator"] = leaf("cbc:FreeOfChargeIndicator", "true")
    put(parts, "cac:TaxTotal", taxes.line_total(line, currency, exempt))
    item = ubl.item(line["item"], "")
    item.pop("cac:OriginCountry", None)
    put(parts, "cac:Item", ordered("cac:Item", item))
    parts["cac:Price"] = _price(line, currency)
    return f"<{name}>{ordered(name, parts)}</{name}>"


def _price(line: Line, currency: str) -> str:
    inner = f'<cbc:PriceAmount currencyID="{currency}">{line["price"]}</cbc:PriceAmount>'
    if "base_quantity" in line:
        inner += leaf("cbc:BaseQuantity", line["base_quantity"], attribute("unitCode", line["unit"]))
    discount = number(line.get("price_discount", ""))
    if discount is not None and discount > 0:
        less = leaf("cbc:ChargeIndicator", "false") + amount("cbc:Amount", line["price_discount"], currency)
        if number(line.get("gross_price", "")):
            less += amount("cbc:BaseAmount", line["gross_price"], currency)
        inner += wrapped("cac:AllowanceCharge", less)
    return f"<cac:Price>{inner}</cac:Price>"
