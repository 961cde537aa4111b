"""An invoice with everything that EDI carries, and the samples as items."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.fields import canonical_json, to_minor
from tests.worker.format_cases import item
from worker import sources
from worker.formats import Item

CONTENT: dict[str, Any] = {
    "document_type": "invoice",
    "number": "INV-4711",
    "issue_date": "2026-02-20",
    "due_date": "2026-03-22",
    "currency": "EUR",
    "buyer_reference": "Dept. 7",
    "order_reference": "PO-1001",
    "contract_reference": "C-55",
    "despatch_reference": "DN-9",
    "payment_terms": "Net 30 days",
    "notes": ["Thank you: 'Søren' + Co?"],
    "preceding_invoices": [{"number": "INV-4000", "issue_date": "2026-01-10"}],
    "seller": {
        "name": "Harbour Goods Inc",
        "endpoint": {"scheme": "0088", "value": "5790000436101"},
        "vat_id": "DK12345674",
        "legal_id": {"scheme": "0184", "value": "12345674"},
        "address": {"line1": "Quay 1", "city": "Aarhus", "postal_code": "8000", "country": "DK"},
        "contact": {"name": "Anders And", "phone": "+45 1234", "email": "a@example.com"},
    },
    "buyer": {
        "name": "A very long name of a trading company that needs more than one component",
        "endpoint": {"scheme": "0088", "value": "5790000436057"},
        "address": {
            "line1": "Vej 2",
            "city": "Austin",
            "postal_code": "73301",
            "subdivision": "US-TX",
            "country": "US",
        },
    },
    "delivery": {"date": "2026-02-19", "address": {"city": "Odense", "country": "DK"}},
    "payment": [{"means_code": "31", "account": {"id": "DK5000400440116243", "bic": "DABADKKK"}}],
    "allowances": [
        {"amount": "10.00", "percent": "5", "reason": "Loyalty", "vat_category": "S", "vat_rate": "25"}
    ],
    "lines": [
        {
            "id": "1",
            "quantity": "10",
            "unit": "EA",
            "price": "15.125",
            "net": "146.25",
            "vat_category": "S",
            "vat_rate": "25",
            "order_line": "7",
            "allowances": [{"amount": "5.00", "reason": "Damaged box"}],
            "item": {
                "name": "Blueberries",
                "description": "Frozen",
                "seller_id": "B-1",
                "standard_id": {"scheme": "0160", "value": "5701234567899"},
            },
        },
        {
            "id": "2",
            "quantity": "-1",
            "unit": "HUR",
            "price": "36.25",
            "net": "-36.25",
            "vat_category": "S",
            "vat_rate": "25",
            "item": {"name": "Hour returned"},
        },
    ],
    "vat_breakdown": [{"category": "S", "rate": "25", "base": "100.00", "amount": "25.00"}],
    "totals": {
        "line_net": "110.00",
        "allowances": "10.00",
        "without_vat": "100.00",
        "vat": "25.00",
        "with_vat": "125.00",
        "payable": "125.00",
    },
}


def invoice(**changed: Any) -> Item:
    """The invoice as an item; what is changed replaces its content's term, None takes it away."""
    content = {name: value for name, value in (CONTENT | changed).items() if value is not None}
    return of(content, 1)


def credit_note() -> Item:
    """The same given back."""
    return of(CONTENT | {"document_type": "credit_note", "number": "CRN-12"}, 2)


def of(content: dict[str, Any], serial: int) -> Item:
    """A document's content as an item of a receivable batch."""
    made = item(
        content["number"],
        serial=serial,
        direction="receivable",
        document_type=content["document_type"],
        currency=content["currency"],
        amount=to_minor(content["totals"]["payable"], content["currency"]),
        party_name=content.get("buyer", {}).get("name", "?"),
        account=None,
    )
    return made._replace(content_json=canonical_json(content))


def sampled(samples: Path) -> Iterator[Item]:
    """Every sample that is taken in."""
    for serial, found in enumerate(sources.read([samples]), 1):
        if isinstance(found, sources.Document):
            yield of(found.content, serial)


def judge(oracles: Path, standard: str) -> Any:
    """The validator of a standard's published rules: `Edifact` or `X12`."""
    spec = importlib.util.spec_from_file_location("validate_edi", oracles / "validate_edi.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, standard)(str(oracles / "edi"))


def errors(judge: Any, data: bytes) -> list[Any]:
    """What the validator says is broken; warnings are about codes that a subset may add."""
    return [found for found in judge.check(data) if found[0] == "error"]
