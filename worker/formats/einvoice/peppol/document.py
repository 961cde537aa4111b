"""A prepared document as Peppol BIS Billing 3.0 writes it: a UBL 2.1 Invoice or CreditNote."""

from __future__ import annotations

from typing import Final

from models.invoice_document import (
    Account,
    AllowanceCharge,
    Attachment,
    Document,
    Line,
    Payment,
    VatSubtotal,
)
from worker.formats.einvoice.embedded import canonical
from worker.formats.einvoice.peppol import parties
from worker.formats.einvoice.ubl import parts as ubl
from worker.formats.einvoice.ubl.parts import VAT_SCHEME, Parts, Table, amount, ordered, put, texts
from worker.formats.einvoice.xml import attribute, escaped, leaf, wrapped

_HEAD: Final[Table] = (
    ("cbc:ID", "number"),
    ("cbc:IssueDate", "issue_date"),
    ("cbc:TaxPointDate", "tax_point_date"),
    ("cbc:DocumentCurrencyCode", "currency"),
    ("cbc:TaxCurrencyCode", "tax_currency"),
    ("cbc:AccountingCost", "buyer_accounting_reference"),
    ("cbc:BuyerReference", "buyer_reference"),
)
_REFERENCES: Final[Table] = (
    ("cac:DespatchDocumentReference", "despatch_reference"),
    ("cac:ReceiptDocumentReference", "receipt_reference"),
    ("cac:OriginatorDocumentReference", "tender_reference"),
    ("cac:ContractDocumentReference", "contract_reference"),
)
_ORDER: Final[Table] = (("cbc:ID", "order_reference"), ("cbc:SalesOrderID", "sales_order_reference"))
_DETAIL: Final[Table] = (
    ("cbc:AllowanceChargeReasonCode", "reason_code"),
    ("cbc:AllowanceChargeReason", "reason"),
    ("cbc:MultiplierFactorNumeric", "percent"),
)
_EXEMPTION: Final[Table] = (
    ("cbc:TaxExemptionReasonCode", "exemption_code"),
    ("cbc:TaxExemptionReason", "exemption_reason"),
)
_TOTALS: Final[Table] = (
    ("cbc:LineExtensionAmount", "line_net"),
    ("cbc:TaxExclusiveAmount", "without_vat"),
    ("cbc:TaxInclusiveAmount", "with_vat"),
    ("cbc:AllowanceTotalAmount", "allowances"),
    ("cbc:ChargeTotalAmount", "charges"),
    ("cbc:PrepaidAmount", "paid"),
    ("cbc:PayableRoundingAmount", "rounding"),
    ("cbc:PayableAmount", "payable"),
)


def written(document: Document, specification: str, process: str) -> str:
    """The whole document; what it holds must have been checked."""
    root = ubl.root_of(document.get("document_type", "invoice"))
    currency = document["currency"]
    parts: Parts = {"cbc:CustomizationID": leaf("cbc:CustomizationID", specification)}
    parts["cbc:ProfileID"] = leaf("cbc:ProfileID", process)
    parts |= texts(document, _HEAD)
    type_code = f"cbc:{root}TypeCode"
    parts[type_code] = leaf(type_code, document["type_code"])
    if root == "Invoice" and "due_date" in document:
        parts["cbc:DueDate"] = leaf("cbc:DueDate", document["due_date"])
    if "notes" in document:
        parts["cbc:Note"] = "".join(leaf("cbc:Note", note) for note in document["notes"])
    put(
        parts, "cac:InvoicePeriod", ubl.period(document.get("period", {}), document.get("tax_point_code", ""))
    )
    put(parts, "cac:OrderReference", "".join(texts(document, _ORDER).values()))
    if "preceding_invoices" in document:
        parts["cac:BillingReference"] = ubl.preceding(document["preceding_invoices"])
    parts |= ubl.references(document, _REFERENCES)
    _documents(document, root, parts)
    parties.add(document, parts)
    _payments(document, root, parts)
    _amounts(document, currency, parts)
    line_name = f"cac:{root}Line"
    parts[line_name] = "\n".join(_line(line, root, currency) for line in document["lines"])
    return ubl.whole(root, parts)


def _documents(document: Document, root: str, parts: Parts) -> None:
    """BT-18, BG-24, and BT-11, which has an element of its own in invoices only."""
    name = "cac:AdditionalDocumentReference"
    if "invoiced_object" in document:
        scheme = attribute("schemeID", document.get("invoiced_object_scheme"))
        put(parts, name, leaf("cbc:ID", document["invoiced_object"], scheme) + _type_code("130"))
    if "project_reference" in document:
        number = leaf("cbc:ID", document["project_reference"])
        if root == "Invoice":
            put(parts, "cac:ProjectReference", number)
        else:
            put(parts, name, number + _type_code("50"))
    for attachment in document.get("attachments", ()):
        put(parts, name, _attachment(attachment))


def _type_code(code: str) -> str:
    return f"<cbc:DocumentTypeCode>{code}</cbc:DocumentTypeCode>"


def _attachment(given: Attachment) -> str:
    inner = "".join(texts(given, (("cbc:ID", "id"), ("cbc:DocumentDescription", "description"))).values())
    file = ""
    if "content" in given:
        about = attribute("mimeCode", given["mime"]) + attribute("filename", given["filename"])
        file = leaf("cbc:EmbeddedDocumentBinaryObject", canonical(given["content"]) or "", about)
    if "uri" in given:
        file += wrapped("cac:ExternalReference", leaf("cbc:URI", given["uri"]))
    return inner + wrapped("cac:Attachment", file)


def _payments(document: Document, root: str, parts: Parts) -> None:
    due = document.get("due_date", "") if root == "CreditNote" else ""
    named = False
    for payment in document.get("payment", ()):
        put(parts, "cac:PaymentMeans", _payment(payment, due, named=named))
        due, named = "", named or "means_text" in payment
    if "payment_terms" in document:
        put(parts, "cac:PaymentTerms", leaf("cbc:Note", document["payment_terms"]))


def _payment(payment: Payment, due: str, *, named: bool) -> str:
    name = "" if named else attribute("name", payment.get("means_text"))
    parts: Parts = {"cbc:PaymentMeansCode": leaf("cbc:PaymentMeansCode", payment["means_code"], name)}
    if due:
        parts["cbc:PaymentDueDate"] = leaf("cbc:PaymentDueDate", due)
    parts |= texts(payment, (("cbc:PaymentID", "remittance"),))
    put(parts, "cac:CardAccount", ubl.card(payment))
    put(parts, "cac:PayeeFinancialAccount", _account(payment.get("account", {})))
    put(parts, "cac:PaymentMandate", ubl.mandate(payment))
    return ordered("cac:PaymentMeans", parts)


def _account(account: Account) -> str:
    inner = "".join(texts(account, (("cbc:ID", "id"), ("cbc:Name", "name"))).values())
    bank = account.get("bic") or account.get("branch")
    return inner + (wrapped("cac:FinancialInstitutionBranch", leaf("cbc:ID", bank)) if bank else "")


def _amounts(document: Document, currency: str, parts: Parts) -> None:
    details = [_detail(one, "false", currency) for one in document.get("allowances", ())]
    details += [_detail(one, "true", currency) for one in document.get("charges", ())]
    if details:
        parts["cac:AllowanceCharge"] = "\n".join(details)
    totals = document["totals"]
    vat = amount("cbc:TaxAmount", totals["vat"], currency)
    vat += "".join(_subtotal(group, currency) for group in document["vat_breakdown"])
    put(parts, "cac:TaxTotal", vat)
    if "tax_currency" in document:
        other = amount("cbc:TaxAmount", totals["vat_accounting"], document["tax_currency"])
        put(parts, "cac:TaxTotal", other)
    sums = {name: amount(name, totals[term], currency) for name, term in _TOTALS if term in totals}  # type: ignore[literal-required]
    put(parts, "cac:LegalMonetaryTotal", ordered("cac:LegalMonetaryTotal", sums))


def _subtotal(group: VatSubtotal, currency: str) -> str:
    inner = leaf("cbc:ID", group["category"]) + _percent(group.get("rate"))
    inner += "".join(texts(group, _EXEMPTION).values()) + VAT_SCHEME
    sums = amount("cbc:TaxableAmount", group["base"], currency) + amount(
        "cbc:TaxAmount", group["amount"], currency
    )
    return f"<cac:TaxSubtotal>{sums}<cac:TaxCategory>{inner}</cac:TaxCategory></cac:TaxSubtotal>"


def _percent(rate: str | None) -> str:
    return "" if rate is None else f"<cbc:Percent>{rate}</cbc:Percent>"


def _detail(detail: AllowanceCharge, indicator: str, currency: str) -> str:
    parts = texts(detail, _DETAIL)
    parts["cbc:ChargeIndicator"] = f"<cbc:ChargeIndicator>{indicator}</cbc:ChargeIndicator>"
    parts["cbc:Amount"] = amount("cbc:Amount", detail["amount"], currency)
    if "base" in detail:
        parts["cbc:BaseAmount"] = amount("cbc:BaseAmount", detail["base"], currency)
    if "vat_category" in detail:
        category = leaf("cbc:ID", detail["vat_category"]) + _percent(detail.get("vat_rate"))
        put(parts, "cac:TaxCategory", category + VAT_SCHEME)
    return wrapped("cac:AllowanceCharge", ordered("cac:AllowanceCharge", parts))


def _line(line: Line, root: str, currency: str) -> str:
    name = f"cac:{root}Line"
    parts = ubl.line_start(line, root, currency)
    details = [_detail(one, "false", currency) for one in line.get("allowances", ())]
    details += [_detail(one, "true", currency) for one in line.get("charges", ())]
    if details:
        parts["cac:AllowanceCharge"] = "".join(details)
    category = (
        f"<cac:ClassifiedTaxCategory><cbc:ID>{line['vat_category']}</cbc:ID>"
        f"{_percent(line.get('vat_rate'))}{VAT_SCHEME}</cac:ClassifiedTaxCategory>"
    )
    put(parts, "cac:Item", ordered("cac:Item", ubl.item(line["item"], category)))
    parts["cac:Price"] = _price(line, currency)
    return f"<{name}>{ordered(name, parts)}</{name}>"


def _price(line: Line, currency: str) -> str:
    inner = f'<cbc:PriceAmount currencyID="{currency}">{line["price"]}</cbc:PriceAmount>'
    if "base_quantity" in line:
        unit = escaped(line["unit"])
        inner += f'<cbc:BaseQuantity unitCode="{unit}">{line["base_quantity"]}</cbc:BaseQuantity>'
    if "price_discount" in line:
        less = f'<cbc:Amount currencyID="{currency}">{line["price_discount"]}</cbc:Amount>'
        if "gross_price" in line:
            less += f'<cbc:BaseAmount currencyID="{currency}">{line["gross_price"]}</cbc:BaseAmount>'
        indicator = "<cbc:ChargeIndicator>false</cbc:ChargeIndicator>"
        inner += f"<cac:AllowanceCharge>{indicator}{less}</cac:AllowanceCharge>"
    return f"<cac:Price>{inner}</cac:Price>"
