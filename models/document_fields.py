"""The fields of an invoice that a column can show, each named by its path in the document's content.

Paths are those of an invoice version's content (EN 16931 terms), `line.` before what each line has, `tax.`
before what each rate of the VAT breakdown has, and some of Waybill's own: `posting_date`, `party.number`,
`account.routing`, `signed_payable`, ..., `row.` for booking rows and `file.` for what a whole file comes to.
What has no field is `custom.<name>`, of a line `line.custom.<name>`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from models import field_words

CUSTOM = "custom."
LINE = "line."
TAX = "tax."
LINE_CUSTOM = f"{LINE}{CUSTOM}"
_ROW = "row."
_FILE = "file."


class Scope(StrEnum):
    """What a field belongs to, hence which rows can show it."""

    BATCH = "batch"
    INVOICE = "invoice"
    EACH_ROW = "each row"
    LINE = "line"
    TAX = "tax"
    ACCOUNTING = "accounting"
    FILE = "file"


class ValueKind(StrEnum):
    """What a value is, hence how it is written."""

    TEXT = "text"
    INTEGER = "integer"
    AMOUNT = "amount"  # money: at least the currency's decimals
    DECIMAL = "decimal"  # quantity, price, rate: the document's own decimals
    DATE = "date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Something a column can show."""

    path: str
    title: str
    kind: ValueKind = ValueKind.TEXT

    @property
    def about(self) -> str:
        """What it is, in a sentence."""
        return field_words.WORDS.get(self.path, field_words.OWN)

    @property
    def of_line(self) -> bool:
        """Whether it differs from line to line of one invoice."""
        return self.path.startswith(LINE)

    @property
    def scope(self) -> Scope:
        """What it belongs to."""
        return scope_of(self.path)


_OF_BATCH = frozenset({"entity.name", "job_id", "posting_date"})
_SCOPES = {LINE: Scope.LINE, TAX: Scope.TAX, _ROW: Scope.ACCOUNTING, _FILE: Scope.FILE}


def scope_of(path: str) -> Scope:
    """What the field of a path belongs to."""
    if path == "row.number":
        return Scope.EACH_ROW
    if path in _OF_BATCH:
        return Scope.BATCH
    return _SCOPES.get(path[: path.find(".") + 1], Scope.INVOICE)


_OWN = {
    "number": "Invoice number",
    "document_type": "Document type",
    "direction": "Direction",
    "currency": "Currency",
    "party.number": "Party number",
    "party.name": "Party name",
    "entity.name": "Legal entity",
    "account.routing": "Routing number",
    "account.number": "Account number",
    "account.kind": "Account kind",
    "account.holder": "Account holder kind",
    "account.name": "Account holder",
}
_TEXTS = {
    "type_code": "Type code",
    "tax_currency": "Tax currency",
    "buyer_reference": "Buyer reference",
    "project_reference": "Project",
    "contract_reference": "Contract",
    "order_reference": "Purchase order",
    "sales_order_reference": "Sales order",
    "receipt_reference": "Receiving advice",
    "despatch_reference": "Despatch advice",
    "tender_reference": "Tender or lot",
    "invoiced_object": "Invoiced object",
    "buyer_accounting_reference": "Accounting reference",
    "payment_terms": "Payment terms",
    "notes": "Notes",
    "preceding_invoices.number": "Preceding invoice",
    "payee.name": "Payee name",
    "payee.legal_id": "Payee legal id",
    "delivery.name": "Delivered to",
    "payment.means_code": "Payment means",
    "payment.remittance": "Payment reference",
    "payment.account.id": "Payment account",
    "payment.account.name": "Payment account name",
    "payment.account.bic": "Payment account BIC",
}
_PARTY_TEXTS = {
    "name": "name",
    "trading_name": "trading name",
    "legal_id": "legal id",
    "vat_id": "VAT id",
    "tax_id": "tax id",
    "endpoint": "endpoint",
    "address.line1": "address",
    "address.line2": "address, line 2",
    "address.city": "city",
    "address.postal_code": "postal code",
    "address.subdivision": "state",
    "address.country": "country",
    "contact.name": "contact",
    "contact.phone": "phone",
    "contact.email": "e-mail",
}
_DATES = {
    "issue_date": "Invoice date",
    "due_date": "Due date",
    "posting_date": "Posting date",
    "tax_point_date": "Tax point date",
    "preceding_invoices.issue_date": "Preceding invoice date",
    "delivery.date": "Delivery date",
    "period.start": "Period start",
    "period.end": "Period end",
    "line.period.start": "Line period start",
    "line.period.end": "Line period end",
}
_AMOUNTS = {
    "totals.payable": "Amount due",
    "signed_payable": "Amount due (signed)",
    "totals.line_net": "Sum of lines",
    "totals.allowances": "Allowances",
    "totals.charges": "Charges",
    "totals.without_vat": "Net",
    "totals.vat": "Tax",
    "totals.vat_accounting": "Tax in tax currency",
    "totals.with_vat": "Gross",
    "totals.paid": "Paid",
    "totals.rounding": "Rounding",
    "line.net": "Line net",
    "tax.base": "Taxed amount",
    "tax.amount": "Tax of the rate",
    "row.amount": "Booked amount (signed)",
    "row.debit": "Debit",
    "row.credit": "Credit",
    "file.total": "Total of the file",
}
_INTEGERS = {
    "invoice_id": "Waybill invoice",
    "job_id": "Export job",
    "row.number": "Row of the invoice",
    "file.documents": "Invoices in the file",
    "file.rows": "Rows in the file",
}
_DECIMALS = {
    "line.quantity": "Quantity",
    "line.price": "Unit price",
    "line.gross_price": "Gross price",
    "line.base_quantity": "Price base quantity",
    "line.vat_rate": "Line tax rate",
    "tax.rate": "Tax rate",
}
_LINE_TEXTS = {
    "line.id": "Line",
    "line.note": "Line note",
    "line.unit": "Unit",
    "line.order_line": "Order line",
    "line.accounting_reference": "Line accounting reference",
    "line.vat_category": "Line tax category",
    "line.item.name": "Item",
    "line.item.description": "Item description",
    "line.item.buyer_id": "Buyer's item number",
    "line.item.seller_id": "Seller's item number",
    "line.item.standard_id": "Standard item number",
    "line.item.origin_country": "Country of origin",
}
_TAX_TEXTS = {
    "tax.category": "Tax category",
    "tax.exemption_reason": "Exemption reason",
    "tax.exemption_code": "Exemption code",
}
_ROW_TEXTS = {
    "row.type": "Kind of booking row",
    "row.side": "Debit or credit",
    "row.account": "Booked account",
    "row.account_type": "Kind of booked account",
    "row.description": "Booking text",
}


def _catalogue() -> Iterator[Field]:
    texts = dict(_OWN)
    texts.update(_TEXTS)
    for side in ("seller", "buyer"):
        texts.update(
            {f"{side}.{path}": f"{side.capitalize()} {title}" for path, title in _PARTY_TEXTS.items()}
        )
    texts |= _LINE_TEXTS | _TAX_TEXTS | _ROW_TEXTS
    kinds = {
        ValueKind.TEXT: texts,
        ValueKind.DATE: _DATES,
        ValueKind.AMOUNT: _AMOUNTS,
        ValueKind.DECIMAL: _DECIMALS,
        ValueKind.INTEGER: _INTEGERS,
    }
    for kind, titles in kinds.items():
        for path, title in titles.items():
            yield Field(path=path, title=title, kind=kind)


FIELDS: Mapping[str, Field] = {field.path: field for field in _catalogue()}
"""Every field there is, by its path; `custom.*` ones are those of the documents."""
