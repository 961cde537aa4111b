"""An invoice with nearly every term, a credit note, and small changes of which each breaks one rule."""

from __future__ import annotations

import base64
from copy import deepcopy
from typing import Any, Final

from models.errors import InvalidInput
from models.fields import canonical_json, to_minor
from tests.worker.format_cases import item
from worker.formats import Item

Content = dict[str, Any]
GONE: Final = object()
"""Instead of a value: the term is taken out."""

INVOICE: Final[Content] = {
    "document_type": "invoice",
    "type_code": "380",
    "number": "2026-0117",
    "issue_date": "2026-02-27",
    "due_date": "2026-03-29",
    "currency": "DKK",
    "tax_currency": "EUR",
    "buyer_reference": "Afd. 12 & lager",
    "order_reference": "PO-4711",
    "sales_order_reference": "SO-99",
    "project_reference": "Projekt Æ",
    "contract_reference": "K-2026",
    "despatch_reference": "D-1",
    "receipt_reference": "R-1",
    "tender_reference": "T-1",
    "invoiced_object": "Måler 7",
    "invoiced_object_scheme": "ABZ",
    "buyer_accounting_reference": "4217:2323",
    "payment_terms": "Netto 30 dage",
    "notes": ["Tak for ordren <og> på gensyn"],
    "preceding_invoices": [{"number": "2026-0100", "issue_date": "2026-01-31"}],
    "period": {"start": "2026-02-01", "end": "2026-02-28"},
    "seller": {
        "name": "Havnens Handel ApS",
        "trading_name": "Havnehandel",
        "identifiers": [{"scheme": "0088", "value": "5790000435951"}],
        "legal_id": {"scheme": "0184", "value": "12345678"},
        "legal_form": "Anpartskapital 40.000 kr.",
        "vat_id": "DK12345678",
        "endpoint": {"scheme": "0184", "value": "12345678"},
        "address": {
            "line1": "Havnegade",
            "building": "7",
            "line2": "2. sal",
            "city": "København K",
            "postal_code": "1058",
            "country": "DK",
        },
        "contact": {"name": "Åse Østergård", "phone": "+45 12 34 56 78", "email": "aase@example.com"},
    },
    "buyer": {
        "name": "Kystby Kommune",
        "identifiers": [{"scheme": "0088", "value": "5798009811578"}],
        "legal_id": {"scheme": "0184", "value": "87654321"},
        "vat_id": "DK87654321",
        "endpoint": {"scheme": "0088", "value": "5798009811578"},
        "address": {"line1": "Rådhuspladsen 1", "city": "Kystby", "postal_code": "9999", "country": "DK"},
        "contact": {"name": "Bogholderiet"},
    },
    "payee": {
        "name": "Faktorbank A/S",
        "identifiers": [{"scheme": "0088", "value": "5790000436019"}],
        "legal_id": {"scheme": "0184", "value": "11223344"},
    },
    "delivery": {
        "name": "Lager Nord",
        "location": {"scheme": "0088", "value": "5790000436057"},
        "date": "2026-02-20",
        "address": {"line1": "Kajen 3", "city": "Kystby", "postal_code": "9999", "country": "DK"},
    },
    "payment": [
        {
            "means_code": "42",
            "means_text": "Bankoverførsel",
            "remittance": "2026-0117",
            "account": {"id": "0001234567", "name": "Faktorbank", "branch": "9541"},
        }
    ],
    "allowances": [
        {
            "amount": "100.00",
            "base": "1000.00",
            "percent": "10",
            "reason": "Rabat",
            "reason_code": "95",
            "vat_category": "S",
            "vat_rate": "25",
        }
    ],
    "charges": [
        {"amount": "50.00", "reason": "Fragt", "reason_code": "FC", "vat_category": "S", "vat_rate": "25"}
    ],
    "attachments": [
        {
            "id": "Bilag 1",
            "description": "Timeseddel",
            "mime": "application/pdf",
            "filename": "timer.pdf",
            "content": base64.b64encode(b"%PDF-1.7 hours").decode(),
        },
        {"id": "Bilag 2", "description": "Vilkår", "uri": "https://example.com/terms"},
    ],
    "lines": [
        {
            "id": "1",
            "note": "Leveret i to dele",
            "quantity": "4",
            "unit": "HUR",
            "net": "900.00",
            "order_line": "10",
            "accounting_reference": "7210",
            "object": {"scheme": "ABZ", "value": "Måler 7"},
            "period": {"start": "2026-02-01", "end": "2026-02-14"},
            "price": "225.00",
            "gross_price": "250.00",
            "price_discount": "25.00",
            "base_quantity": "1",
            "vat_category": "S",
            "vat_rate": "25",
            "item": {
                "name": "Konsulent",
                "description": "Rådgivning, jf. aftale",
                "seller_id": "KON-1",
                "buyer_id": "900",
                "standard_id": {"scheme": "0160", "value": "05704066204093"},
                "classifications": [{"scheme": "TST", "version": "19.05.01", "value": "80101500"}],
                "properties": [{"name": "Niveau", "value": "Senior"}],
            },
        },
        {
            "id": "2",
            "quantity": "10",
            "unit": "C62",
            "net": "125.50",
            "price": "13.55",
            "vat_category": "S",
            "vat_rate": "25",
            "allowances": [{"amount": "10.00", "reason": "Kampagne", "reason_code": "100"}],
            "item": {"name": "Skrue Ø8"},
        },
        {
            "id": "3",
            "quantity": "2.5",
            "unit": "KGM",
            "net": "30.86",
            "price": "12.34567890",
            "vat_category": "Z",
            "vat_rate": "0",
            "item": {"name": "Avispapir"},
        },
    ],
    "vat_breakdown": [
        {"category": "S", "rate": "25", "base": "975.50", "amount": "243.88"},
        {"category": "Z", "rate": "0", "base": "30.86", "amount": "0.00"},
    ],
    "totals": {
        "line_net": "1056.36",
        "allowances": "100.00",
        "charges": "50.00",
        "without_vat": "1006.36",
        "vat": "243.88",
        "vat_accounting": "32.69",
        "with_vat": "1250.24",
        "paid": "250.00",
        "rounding": "0.01",
        "payable": "1000.25",
    },
}

SMALL: Final[Content] = {
    "document_type": "invoice",
    "number": "S-1",
    "issue_date": "2026-02-27",
    "due_date": "2026-03-29",
    "currency": "EUR",
    "order_reference": "PO-1",
    "seller": {
        "name": "Nordisk Handel BV",
        "endpoint": {"scheme": "0088", "value": "5790000435951"},
        "vat_id": "FR12345678901",
        "legal_id": {"scheme": "0009", "value": "73282932000074"},
        "address": {"line1": "Rue 1", "city": "Lille", "postal_code": "59000", "country": "FR"},
    },
    "buyer": {
        "name": "Käufer & Co",
        "endpoint": {"scheme": "9930", "value": "DE123456789"},
        "legal_id": {"value": "HRB 1"},
        "vat_id": "DE123456789",
        "address": {"city": "Kiel", "postal_code": "24103", "country": "DE"},
    },
    "payment": [{"means_code": "30", "account": {"id": "FR7630006000011234567890189", "bic": "AGRIFRPP"}}],
    "lines": [
        {
            "id": "1",
            "quantity": "2",
            "unit": "C62",
            "net": "100.00",
            "price": "50.00",
            "vat_category": "S",
            "vat_rate": "20",
            "item": {"name": "Chaise"},
        }
    ],
    "vat_breakdown": [{"category": "S", "rate": "20", "base": "100.00", "amount": "20.00"}],
    "totals": {
        "line_net": "100.00",
        "without_vat": "100.00",
        "vat": "20.00",
        "with_vat": "120.00",
        "payable": "120.00",
    },
}
"""An invoice from France to Germany, where no national rules apply."""


def credit_note() -> Content:
    """The invoice taken back in part: amounts stay positive."""
    content = deepcopy(INVOICE)
    content |= {"document_type": "credit_note", "type_code": "381", "number": "2026-K5"}
    return content


def of(content: Content, *changes: tuple[str, object]) -> Item:
    """The item of a document after changes; a path is `seller.address.country` or `lines.0.net`."""
    changed = deepcopy(content)
    for path, value in changes:
        _change(changed, path.split("."), value)
    return item(
        changed.get("number", ""),
        document_type=changed["document_type"],
        direction="receivable",
        currency=changed["currency"],
        amount=_payable(changed),
        issue_date=changed.get("issue_date", ""),
        due_date=changed.get("due_date"),
    )._replace(content_json=canonical_json(changed))


def _payable(content: Content) -> int:
    try:
        return to_minor(content["totals"]["payable"], content["currency"])
    except InvalidInput:  # one that no rule lets through
        return 0


def _change(holder: Any, path: list[str], value: object) -> None:
    for key in path[:-1]:
        holder = holder[int(key)] if isinstance(holder, list) else holder.setdefault(key, {})
    last: Any = int(path[-1]) if isinstance(holder, list) else path[-1]
    if value is GONE:
        del holder[last]
    else:
        holder[last] = deepcopy(value)
