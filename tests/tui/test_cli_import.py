"""`waybill import` as a person meets it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.tui.conftest import Waybill


def document(number: str, payable: str) -> dict[str, object]:
    """The least that an invoice says of itself."""
    return {
        "document_type": "invoice",
        "number": number,
        "issue_date": "2026-11-05",
        "currency": "EUR",
        "party": {"name": "Wire Co"},
        "totals": {"payable": payable},
    }


def test_import_names_each_invoice_that_got_another_content(waybill: Waybill, tmp_path: Path) -> None:
    path = tmp_path / "invoices.json"
    path.write_text(json.dumps([document("A-1", "5.00"), document("A-2", "6.00")]))
    assert waybill("import", str(path), "--direction", "payable").out == (
        "Acme: 2 imported, 0 updated, 0 unchanged, 0 refused\n"
    )
    path.write_text(json.dumps([document("A-1", "5.00"), document("A-2", "7.00")]))
    assert waybill("import", str(path), "--direction", "payable").out == (
        "updated: A-2, now version 2\nAcme: 0 imported, 1 updated, 1 unchanged, 0 refused\n"
    )
