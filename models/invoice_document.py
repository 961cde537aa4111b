"""The neutral invoice document: an invoice version's content, between every source and every format.

Terms are those of EN 16931-1:2017 (BT, BG); a term without a number has none there. Every value is text, so
that nothing is rounded on its way: amounts, prices and quantities as decimals with a point, days as
YYYY-MM-DD. A term without a value is absent. Amounts of a credit note are positive, as in UBL.

    document: Document = item.content
    for line in document.get("lines", []):
        line["net"]
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias, TypedDict

Number: TypeAlias = Annotated[str, "number"]
"""A decimal with a point; no exponent, no separators."""
Day: TypeAlias = Annotated[str, "date"]
"""YYYY-MM-DD."""


class Identifier(TypedDict, total=False):
    """An identifier; its scheme is that of the place it stands at (ISO 6523 ICD, EAS, OIOUBL's own)."""

    scheme: str
    value: str


class Period(TypedDict, total=False):
    """BG-14, BG-26: both days belong to it."""

    start: Day
    end: Day


class Address(TypedDict, total=False):
    """BG-5, BG-8, BG-12, BG-15."""

    line1: str
    line2: str
    line3: str
    building: str
    """The house number, where a source keeps it apart from the street (OIOUBL)."""
    city: str
    postal_code: str
    subdivision: str
    country: str
    """ISO 3166-1, two letters."""


class Contact(TypedDict, total=False):
    """BG-6, BG-9."""

    name: str
    phone: str
    email: str


class Party(TypedDict, total=False):
    """BG-4 the seller, BG-7 the buyer."""

    name: str
    """BT-27, BT-44."""
    number: str
    """The customer or vendor number of the legal entity's own books."""
    trading_name: str
    """BT-28, BT-45."""
    identifiers: list[Identifier]
    """BT-29, BT-46."""
    legal_id: Identifier
    """BT-30, BT-47."""
    legal_form: str
    """BT-33: what the law asks a seller to say of itself."""
    vat_id: str
    """BT-31, BT-48: with the country's prefix."""
    tax_id: str
    """BT-32."""
    endpoint: Identifier
    """BT-34, BT-49: the electronic address."""
    address: Address
    """BG-5, BG-8."""
    contact: Contact
    """BG-6, BG-9."""


class Payee(TypedDict, total=False):
    """BG-10: who is paid, when that is not the seller."""

    name: str
    """BT-59."""
    identifiers: list[Identifier]
    """BT-60."""
    legal_id: Identifier
    """BT-61."""


class TaxRepresentative(TypedDict, total=False):
    """BG-11."""

    name: str
    """BT-62."""
    vat_id: str
    """BT-63."""
    address: Address
    """BG-12."""


class Delivery(TypedDict, total=False):
    """BG-13."""

    name: str
    """BT-70."""
    location: Identifier
    """BT-71."""
    date: Day
    """BT-72."""
    address: Address
    """BG-15."""


class AllowanceCharge(TypedDict, total=False):
    """BG-20, BG-21 of the document, BG-27, BG-28 of a line."""

    amount: Number
    """BT-92, BT-99, BT-136, BT-141."""
    base: Number
    """BT-93, BT-100, BT-137, BT-142."""
    percent: Number
    """BT-94, BT-101, BT-138, BT-143: 10 is ten percent."""
    reason: str
    """BT-97, BT-104, BT-139, BT-144."""
    reason_code: str
    """BT-98 (UNTDID 5189), BT-105 (UNTDID 7161), BT-140, BT-145."""
    vat_category: str
    """BT-95, BT-102; none on a line."""
    vat_rate: Number
    """BT-96, BT-103."""


class Account(TypedDict, total=False):
    """BG-17."""

    id: str
    """BT-84: IBAN or a local number."""
    name: str
    """BT-85."""
    bic: str
    """BT-86."""
    branch: str
    """The bank's number beside a local account number (Danish registration number)."""


class Card(TypedDict, total=False):
    """BG-18."""

    number: str
    """BT-87: at most the first six and the last four digits."""
    network: str
    holder: str
    """BT-88."""


class Mandate(TypedDict, total=False):
    """BG-19."""

    id: str
    """BT-89."""
    account: str
    """BT-91."""


class Payment(TypedDict, total=False):
    """BG-16."""

    means_code: str
    """BT-81, UNTDID 4461."""
    means_text: str
    """BT-82."""
    remittance: str
    """BT-83."""
    instruction: str
    """The digits of a payment slip (UBL InstructionID; OIOUBL payment means 50 and 93)."""
    account: Account
    """BG-17."""
    card: Card
    """BG-18."""
    mandate: Mandate
    """BG-19."""


class PrecedingInvoice(TypedDict, total=False):
    """BG-3."""

    number: str
    """BT-25."""
    issue_date: Day
    """BT-26."""


class Totals(TypedDict, total=False):
    """BG-22, in the document's currency but for `vat_accounting`."""

    line_net: Number
    """BT-106."""
    allowances: Number
    """BT-107."""
    charges: Number
    """BT-108."""
    without_vat: Number
    """BT-109."""
    vat: Number
    """BT-110."""
    vat_accounting: Number
    """BT-111, in the tax currency."""
    with_vat: Number
    """BT-112."""
    paid: Number
    """BT-113."""
    rounding: Number
    """BT-114."""
    payable: Number
    """BT-115."""


class VatSubtotal(TypedDict, total=False):
    """BG-23: one VAT category and rate."""

    base: Number
    """BT-116."""
    amount: Number
    """BT-117."""
    category: str
    """BT-118, UNTDID 5305."""
    rate: Number
    """BT-119."""
    exemption_reason: str
    """BT-120."""
    exemption_code: str
    """BT-121, VATEX."""


class Attachment(TypedDict, total=False):
    """BG-24: embedded, or elsewhere."""

    id: str
    """BT-122."""
    description: str
    """BT-123."""
    uri: str
    """BT-124."""
    content: str
    """BT-125, base64."""
    mime: str
    filename: str


class Classification(TypedDict, total=False):
    """BT-158."""

    scheme: str
    """UNTDID 7143."""
    version: str
    value: str


class Property(TypedDict, total=False):
    """BG-32."""

    name: str
    """BT-160."""
    value: str
    """BT-161."""


class LineItem(TypedDict, total=False):
    """BG-31: what is invoiced."""

    name: str
    """BT-153."""
    description: str
    """BT-154."""
    seller_id: str
    """BT-155."""
    buyer_id: str
    """BT-156."""
    standard_id: Identifier
    """BT-157."""
    classifications: list[Classification]
    """BT-158."""
    origin_country: str
    """BT-159."""
    properties: list[Property]
    """BG-32."""


class Line(TypedDict, total=False):
    """BG-25."""

    id: str
    """BT-126."""
    note: str
    """BT-127."""
    quantity: Number
    """BT-129."""
    unit: str
    """BT-130, UN/ECE Recommendation 20 and 21."""
    net: Number
    """BT-131."""
    object: Identifier
    """BT-128."""
    order_line: str
    """BT-132."""
    accounting_reference: str
    """BT-133."""
    period: Period
    """BG-26."""
    allowances: list[AllowanceCharge]
    """BG-27."""
    charges: list[AllowanceCharge]
    """BG-28."""
    price: Number
    """BT-146: net, for `base_quantity`."""
    price_discount: Number
    """BT-147."""
    gross_price: Number
    """BT-148."""
    base_quantity: Number
    """BT-149; 1 where absent."""
    vat_category: str
    """BT-151."""
    vat_rate: Number
    """BT-152."""
    free_of_charge: str
    """ "true": OIOUBL leaves such a line out of the sum of lines (F-INV126)."""
    item: LineItem
    """BG-31."""
    custom: dict[str, Any]
    """What has no term, under the name the source gives it."""


class Elsewhere(TypedDict, total=False):
    """What a source's XML holds without a term here."""

    path: str
    value: str


class Document(TypedDict, total=False):
    """One invoice or credit note."""

    document_type: str
    """invoice or credit_note."""
    type_code: str
    """BT-3, UNTDID 1001."""
    number: str
    """BT-1."""
    issue_date: Day
    """BT-2."""
    due_date: Day
    """BT-9."""
    currency: str
    """BT-5, ISO 4217."""
    tax_currency: str
    """BT-6."""
    tax_point_date: Day
    """BT-7."""
    tax_point_code: str
    """BT-8, UNTDID 2005: 3, 35 or 432."""
    buyer_reference: str
    """BT-10."""
    project_reference: str
    """BT-11."""
    contract_reference: str
    """BT-12."""
    order_reference: str
    """BT-13."""
    sales_order_reference: str
    """BT-14."""
    receipt_reference: str
    """BT-15."""
    despatch_reference: str
    """BT-16."""
    tender_reference: str
    """BT-17."""
    invoiced_object: str
    """BT-18."""
    invoiced_object_scheme: str
    """UNTDID 1153."""
    buyer_accounting_reference: str
    """BT-19."""
    payment_terms: str
    """BT-20."""
    notes: list[str]
    """BT-22."""
    process: str
    """BT-23."""
    specification: str
    """BT-24."""
    preceding_invoices: list[PrecedingInvoice]
    """BG-3."""
    seller: Party
    """BG-4."""
    buyer: Party
    """BG-7."""
    party: Party
    """The other side, of sources that do not say which side that is."""
    payee: Payee
    """BG-10."""
    tax_representative: TaxRepresentative
    """BG-11."""
    delivery: Delivery
    """BG-13."""
    period: Period
    """BG-14."""
    payment: list[Payment]
    """BG-16."""
    allowances: list[AllowanceCharge]
    """BG-20."""
    charges: list[AllowanceCharge]
    """BG-21."""
    totals: Totals
    """BG-22."""
    vat_breakdown: list[VatSubtotal]
    """BG-23."""
    attachments: list[Attachment]
    """BG-24."""
    lines: list[Line]
    """BG-25."""
    custom: dict[str, Any]
    """What has no term, under the name the source gives it."""
    other: list[Elsewhere]
    """What has no term, under its place in the source's XML."""
