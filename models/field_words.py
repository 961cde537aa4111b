"""What each field of an invoice is, a sentence each, in the terms of EN 16931 (BT and BG are its numbers)."""

from __future__ import annotations

from collections.abc import Mapping

_DOCUMENT = {
    "number": "The number by which the seller knows the invoice (BT-1).",
    "document_type": "Whether it is an invoice or a credit note.",
    "direction": "Whether we owe it (payable) or are owed it (receivable).",
    "currency": "The currency that all amounts are in, tax in another currency aside (BT-5).",
    "type_code": "The kind of invoice as a code: 380 an invoice, 381 a credit note (BT-3).",
    "tax_currency": "The currency in which the seller accounts for VAT, where it is another (BT-6).",
    "issue_date": "The day the invoice was issued (BT-2).",
    "due_date": "The day by which it is to be paid (BT-9).",
    "tax_point_date": "The day the VAT becomes chargeable, where it is not the day of issue (BT-7).",
    "posting_date": "The day it is to be booked on, which the export job sets.",
    "period.start": "The first day of the period that the invoice covers (BT-73).",
    "period.end": "The last day of the period that the invoice covers (BT-74).",
    "notes": "Free text of the seller for the whole invoice (BT-22).",
    "payment_terms": "The terms of payment in words, discounts and penalties included (BT-20).",
    "invoice_id": "Waybill's own number of the invoice, which never changes.",
    "job_id": "Waybill's own number of the export job that writes the file.",
}
_REFERENCES = {
    "buyer_reference": "What the buyer wants named so that the invoice finds whoever asked for it (BT-10).",
    "project_reference": "The project that the invoice belongs to (BT-11).",
    "contract_reference": "The contract under which was delivered (BT-12).",
    "order_reference": "The buyer's purchase order (BT-13).",
    "sales_order_reference": "The seller's own number for that order (BT-14).",
    "receipt_reference": "The buyer's advice of what was received (BT-15).",
    "despatch_reference": "The seller's advice of what was sent (BT-16).",
    "tender_reference": "The call for tenders, or the lot of it, that the contract came from (BT-17).",
    "invoiced_object": "What is billed for, such as a meter, a subscription or a vehicle (BT-18).",
    "buyer_accounting_reference": "The account or cost centre in the buyer's books (BT-19).",
    "preceding_invoices.number": "The earlier invoice that this one corrects or credits (BT-25).",
    "preceding_invoices.issue_date": "The day that earlier invoice was issued (BT-26).",
}
_PARTIES = {
    "party.number": "The number of the supplier or customer in our own books.",
    "party.name": "The name of the supplier or customer, whichever the other side is.",
    "entity.name": "The name of our own legal entity.",
    "payee.name": "Who is to be paid, where that is not the seller (BT-59).",
    "payee.legal_id": "The registration number of who is to be paid (BT-61).",
    "delivery.name": "Who received the goods or services (BT-70).",
    "delivery.date": "The day the delivery was made or completed (BT-72).",
}
_PAYMENT = {
    "account.routing": "The routing number of the other side's bank, as kept with the party.",
    "account.number": "The number of the other side's bank account, as kept with the party.",
    "account.kind": "Whether that account is a checking or a savings account.",
    "account.holder": "Whether a business or a person holds that account.",
    "account.name": "The name that account is held under.",
    "payment.means_code": "How it is to be paid, as a code: 30 a transfer, 58 a SEPA transfer (BT-81).",
    "payment.remittance": "What the payment has to name so that the seller can match it (BT-83).",
    "payment.account.id": "The account to pay to as the invoice names it, an IBAN for instance (BT-84).",
    "payment.account.name": "The name that account is held under, as the invoice names it (BT-85).",
    "payment.account.bic": "The bank of that account, as the invoice names it (BT-86).",
}
_TOTALS = {
    "totals.line_net": "The sum of all lines' net amounts (BT-106).",
    "totals.allowances": "The sum of all deductions from the whole invoice (BT-107).",
    "totals.charges": "The sum of all charges on the whole invoice (BT-108).",
    "totals.without_vat": "The whole amount before VAT (BT-109).",
    "totals.vat": "The whole VAT (BT-110).",
    "totals.vat_accounting": "The whole VAT in the currency in which it is accounted for (BT-111).",
    "totals.with_vat": "The whole amount with VAT (BT-112).",
    "totals.paid": "What was paid in advance (BT-113).",
    "totals.rounding": "What the amount due was rounded by (BT-114).",
    "totals.payable": "What is left to pay; positive on a credit note too (BT-115).",
    "signed_payable": "What is left to pay; negative on a credit note.",
}
_LINES = {
    "line.id": "The line's number within the invoice (BT-126).",
    "line.note": "Free text of the seller for the line (BT-127).",
    "line.quantity": "How much of the item is billed (BT-129).",
    "line.unit": "The unit it is counted in, as a code: C62 pieces, HUR hours (BT-130).",
    "line.net": "The line's amount without VAT, its allowances and charges included (BT-131).",
    "line.order_line": "The line of the purchase order (BT-132).",
    "line.accounting_reference": "The account or cost centre in the buyer's books for the line (BT-133).",
    "line.period.start": "The first day of the period that the line covers (BT-134).",
    "line.period.end": "The last day of the period that the line covers (BT-135).",
    "line.price": "The price of the item after discount, without VAT (BT-146).",
    "line.gross_price": "The price of the item before discount, without VAT (BT-148).",
    "line.base_quantity": "How many units the price is for (BT-149).",
    "line.vat_category": "How the line is taxed, as a code: S standard, Z zero, E exempt (BT-151).",
    "line.vat_rate": "The rate of VAT in percent (BT-152).",
    "line.item.name": "What the item is called (BT-153).",
    "line.item.description": "What the item is, in more words (BT-154).",
    "line.item.seller_id": "The seller's number for the item (BT-155).",
    "line.item.buyer_id": "The buyer's number for the item (BT-156).",
    "line.item.standard_id": "The item's number in a registered scheme, a GTIN for instance (BT-157).",
    "line.item.origin_country": "The country the item comes from (BT-159).",
}
_TAXES = {
    "tax.base": "The amount that one category and rate of VAT is reckoned from (BT-116).",
    "tax.amount": "The VAT of one category and rate (BT-117).",
    "tax.category": "One category of VAT, as a code: S standard, Z zero, E exempt (BT-118).",
    "tax.rate": "One rate of VAT in percent (BT-119).",
    "tax.exemption_reason": "Why no VAT is charged, in words (BT-120).",
    "tax.exemption_code": "Why no VAT is charged, as a code (BT-121).",
}
_ROWS = {
    "row.number": "The row's number within its invoice, from 1.",
    "row.type": "What is booked: line, allowance, charge, tax, paid, rounding or total.",
    "row.side": "Whether the row is a debit or a credit.",
    "row.amount": "What the row books: debits positive, credits negative; an invoice's rows sum to nothing.",
    "row.debit": "What the row books as a debit; empty in a credit row.",
    "row.credit": "What the row books as a credit; empty in a debit row.",
    "row.account": "A line's accounting reference or that of its invoice, the total's party number.",
    "row.account_type": "The word gl, and for the total vendor or customer.",
    "row.description": "A line's item, the reason of an allowance, charge or exemption, else empty.",
}
_FILE = {
    "file.documents": "How many invoices stand in the file.",
    "file.rows": "How many rows stand in the file, those of its first and last rows aside.",
    "file.total": "The sum of all amounts due in the file, credit notes negative; of one currency only.",
}
# Field of a party: what it is, its number for the seller and for the buyer.
_PARTY = {
    "name": ("The {side}'s full registered name", 27, 44),
    "trading_name": ("The name the {side} is known by in business", 28, 45),
    "legal_id": ("The {side}'s number in a register of companies", 30, 47),
    "vat_id": ("The {side}'s VAT number, with its country's letters", 31, 48),
    "tax_id": ("The number under which the {side} is registered for other taxes", 32, None),
    "endpoint": ("The electronic address the {side} receives documents at", 34, 49),
    "address.line1": ("Street and house of the {side}'s address", 35, 50),
    "address.line2": ("What else is needed to find the {side}'s address", 36, 51),
    "address.city": ("The town of the {side}'s address", 37, 52),
    "address.postal_code": ("The postal code of the {side}'s address", 38, 53),
    "address.subdivision": ("The state or region of the {side}'s address", 39, 54),
    "address.country": ("The country of the {side}'s address, as a code of two letters", 40, 55),
    "contact.name": ("The person or office of the {side} to ask", 41, 56),
    "contact.phone": ("That person's or office's telephone number", 42, 57),
    "contact.email": ("That person's or office's e-mail address", 43, 58),
}


def _of_party(side: str, place: int) -> dict[str, str]:
    told = {}
    for path, about in _PARTY.items():
        number = f" (BT-{about[place]})" if about[place] else ""
        told[f"{side}.{path}"] = f"{about[0].format(side=side)}{number}."
    return told


WORDS: Mapping[str, str] = {
    **_DOCUMENT,
    **_REFERENCES,
    **_PARTIES,
    **_PAYMENT,
    **_TOTALS,
    **_LINES,
    **_TAXES,
    **_ROWS,
    **_FILE,
    **_of_party("seller", 1),
    **_of_party("buyer", 2),
}
"""By the field's path."""
OWN = "A column of the source that has no field; Waybill keeps it as it came."
"""What is said of a `custom.*` field."""
