# ruff: noqa: RUF001 - names in several scripts
"""An invoice with every term that a page shows and a CII carries, right by EN 16931, and variants of it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from models.fields import canonical_json, to_minor
from tests.worker.format_cases import item
from worker.formats import Item
from worker.sources.content import SHAPE, Kind

CONTENT: dict[str, Any] = {
    "document_type": "invoice",
    "type_code": "380",
    "number": "INV-2026-0042",
    "issue_date": "2026-02-20",
    "due_date": "2026-03-22",
    "currency": "EUR",
    "tax_currency": "DKK",
    "tax_point_date": "2026-02-19",
    "buyer_reference": "Dept. 7",
    "project_reference": "P-11",
    "contract_reference": "C-55",
    "order_reference": "PO-1001",
    "sales_order_reference": "SO-9",
    "receipt_reference": "RA-3",
    "despatch_reference": "DN-9",
    "tender_reference": "LOT-2",
    "invoiced_object": "Meter 12",
    "buyer_accounting_reference": "4711",
    "payment_terms": "Net 30 days",
    "notes": ["Thank you for your order.\nSee you again.", "#AAI#Open on Sundays"],
    "preceding_invoices": [{"number": "INV-2025-9", "issue_date": "2025-12-31"}],
    "seller": {
        "name": "Nordvind Energi A/S",
        "trading_name": "Nordvind",
        "legal_form": "Share capital 500,000",
        "vat_id": "DK12345674",
        "tax_id": "77-88",
        "legal_id": {"scheme": "0184", "value": "12345674"},
        "identifiers": [{"scheme": "0088", "value": "5790000436101"}],
        "endpoint": {"scheme": "0088", "value": "5790000436101"},
        "address": {
            "line1": "Havnegade",
            "building": "12 B",
            "line2": "2nd floor",
            "city": "Århus",
            "postal_code": "8000",
            "country": "DK",
        },
        "contact": {"name": "Søren Østergård", "phone": "+45 1234 5678", "email": "so@example.com"},
    },
    "buyer": {
        "name": "Ελληνική Εταιρεία Α.Ε.",
        "vat_id": "EL094259216",
        "identifiers": [{"value": "K-77"}],
        "endpoint": {"scheme": "0088", "value": "5790000436057"},
        "address": {"line1": "Οδός 5", "city": "Αθήνα", "postal_code": "105 57", "country": "GR"},
        "contact": {"name": "Ольга", "email": "olga@example.com"},
    },
    "payee": {"name": "Factor Bank A/S", "legal_id": {"scheme": "0184", "value": "87654321"}},
    "tax_representative": {
        "name": "Fiskal AB",
        "vat_id": "SE556732170701",
        "address": {"line1": "Storgatan 1", "city": "Malmö", "postal_code": "211 34", "country": "SE"},
    },
    "delivery": {
        "name": "Warehouse 3",
        "location": {"scheme": "0088", "value": "5790000436101"},
        "date": "2026-02-19",
        "address": {"line1": "Kaj 7", "city": "Odense", "postal_code": "5000", "country": "DK"},
    },
    "period": {"start": "2026-02-01", "end": "2026-02-28"},
    "payment": [
        {
            "means_code": "58",
            "remittance": "RF18 5390 0754 7034",
            "account": {"id": "DK5000400440116243", "bic": "DABADKKK", "name": "Nordvind Energi"},
        }
    ],
    "allowances": [
        {
            "amount": "10.00",
            "base": "200.00",
            "percent": "5",
            "reason": "Loyalty",
            "reason_code": "95",
            "vat_category": "S",
            "vat_rate": "25",
        }
    ],
    "charges": [{"amount": "4.00", "reason": "Freight", "vat_category": "S", "vat_rate": "25"}],
    "lines": [
        {
            "id": "1",
            "note": "Handle with care",
            "quantity": "10",
            "unit": "C62",
            "price": "14.625",
            "gross_price": "15.125",
            "price_discount": "0.5",
            "base_quantity": "1",
            "net": "143.25",
            "vat_category": "S",
            "vat_rate": "25.00",
            "order_line": "7",
            "accounting_reference": "Cost 9",
            "object": {"value": "Meter 3", "scheme": "ABZ"},
            "period": {"start": "2026-02-05", "end": "2026-02-20"},
            "allowances": [{"amount": "5.00", "reason": "Damaged box"}],
            "charges": [{"amount": "2.00", "base": "20.00", "percent": "10", "reason": "Ice"}],
            "item": {
                "name": "Blueberries",
                "description": "Frozen, from Lapland",
                "seller_id": "B-1",
                "buyer_id": "X-9",
                "standard_id": {"scheme": "0160", "value": "5701234567899"},
                "classifications": [{"scheme": "TST", "version": "19.05.01", "value": "50301500"}],
                "origin_country": "FI",
                "properties": [{"name": "Colour", "value": "Blue"}],
            },
        },
        {
            "id": "2",
            "quantity": "-1",
            "unit": "HUR",
            "price": "37.25",
            "net": "-37.25",
            "vat_category": "S",
            "vat_rate": "25",
            "item": {"name": "Hour returned"},
        },
        {
            "id": "3",
            "quantity": "1",
            "unit": "DAY",
            "price": "1100",
            "net": "1100.00",
            "vat_category": "E",
            "vat_rate": "0",
            "item": {"name": "Training"},
        },
    ],
    "vat_breakdown": [
        {"category": "S", "rate": "25", "base": "100.00", "amount": "25.00"},
        {
            "category": "E",
            "rate": "0",
            "base": "1100.00",
            "amount": "0.00",
            "exemption_reason": "Training is exempt",
            "exemption_code": "VATEX-EU-132",
        },
    ],
    "totals": {
        "line_net": "1206.00",
        "allowances": "10.00",
        "charges": "4.00",
        "without_vat": "1200.00",
        "vat": "25.00",
        "vat_accounting": "186.52",
        "with_vat": "1225.00",
        "paid": "25.00",
        "rounding": "0.50",
        "payable": "1200.50",
    },
    "attachments": [
        {
            "id": "TS-1",
            "description": "Time sheet",
            "filename": "hours.pdf",
            "mime": "application/pdf",
            "content": base64.b64encode(b"%PDF-1.7").decode(),
        },
        {"id": "TS-2", "uri": "https://example.com/terms"},
    ],
}


def invoice(**changed: Any) -> Item:
    """The invoice as an item; what is changed replaces its content's term, None takes it away."""
    return of({name: value for name, value in (CONTENT | changed).items() if value is not None})


def credit_note(**changed: Any) -> Item:
    """The same given back."""
    return invoice(**{"document_type": "credit_note", "type_code": "381", "number": "CRN-7"} | changed)


def with_lines(count: int, **changed: Any) -> Item:
    """An invoice of so many lines of 1.00 each, without VAT."""
    lines = [
        {
            "id": str(number),
            "quantity": "1",
            "unit": "C62",
            "price": "1.00",
            "net": "1.00",
            "vat_category": "Z",
        }
        | {"vat_rate": "0", "item": {"name": f"Item {number}", "description": f"What item {number} is"}}
        for number in range(1, count + 1)
    ]
    total = f"{count}.00"
    sums = ("line_net", "without_vat", "with_vat", "payable")
    kept = ("document_type", "type_code", "number", "issue_date", "due_date", "currency", "seller", "buyer")
    content = {name: CONTENT[name] for name in kept} | {
        "order_reference": "PO-1",
        "lines": lines,
        "vat_breakdown": [{"category": "Z", "rate": "0", "base": total, "amount": "0.00"}],
        "totals": dict.fromkeys(sums, total) | {"vat": "0.00"},
    }
    return of({name: value for name, value in (content | changed).items() if value is not None})


def of(content: dict[str, Any], direction: str = "receivable") -> Item:
    """A document's content as an item."""
    currency = content["currency"]
    made = item(
        content["number"],
        direction=direction,
        document_type=content["document_type"],
        currency=currency,
        amount=to_minor(content["totals"]["payable"], currency),
        party_name=content.get("buyer", {}).get("name", "Somebody"),
        account=None,
    )
    return made._replace(content_json=canonical_json(content))


def sparse() -> st.SearchStrategy[dict[str, Any]]:
    """A document of which any part may be there or not, and any text stand anywhere."""
    head = {
        "document_type": st.sampled_from(["invoice", "credit_note"]),
        "number": _WORDS,
        "issue_date": st.just("2026-02-20"),
        "currency": st.sampled_from(["EUR", "JPY", "KWD"]),
        "seller": _shaped(SHAPE["seller"]).map(lambda party: {"name": "Somebody"} | party),
        "totals": st.sampled_from([{"payable": "12"}, {"payable": "-12", "vat_accounting": "7.5"}]),
    }
    rest = {name: _shaped(shape) for name, shape in SHAPE.items() if name not in {*head, "party"}}
    return st.fixed_dictionaries(head, optional=rest)


_WORDS = st.sampled_from(["x", "Blåbær", "a b\nc", " ", "\u200b", "W" * 90, "-", "S", "58", "DK", "380"])
_FIGURES = st.sampled_from(["0", "1", "-2.50", "1000000.12345678", "x", "", "+.5"])
_DAYS = st.sampled_from(["2026-01-31", "2026-13-01", "soon"])


def _shaped(shape: Any) -> st.SearchStrategy[Any]:
    if isinstance(shape, list):
        return st.lists(_shaped(shape[0]), max_size=2)
    if isinstance(shape, Mapping):
        return st.fixed_dictionaries({}, optional={name: _shaped(of) for name, of in shape.items()})
    return {Kind.NUMBER: _FIGURES, Kind.DATE: _DAYS}.get(shape, _WORDS)
