"""Each mapping that ships ready writes its golden file, and refuses what its system does not take."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from models import mapping_ready
from models.columns import Layout
from models.errors import NotFound
from tests.worker.format_cases import GOLDEN, batch, item, written
from worker.formats import Batch, Item, load

READY = {ready.key: ready for ready in mapping_ready.listed()}
TAXES = [{"category": "S", "rate": "25", "base": "100.00", "amount": "25.00"}]
ADDRESS = {"line1": "Quay 1", "city": "Portland", "subdivision": "ME", "postal_code": "04101"}
CONTENT: dict[str, Any] = {
    "order_reference": "PO-7",
    "payment_terms": "Net 30",
    "buyer_accounting_reference": "6100",
    "seller": {"address": ADDRESS},
    "payment": [{"means_code": "30", "account": {"id": "DK5000400440116243"}}],
    "custom": {"bank_account": "0012345678", "check_number": "1077"},
    "totals": {"without_vat": "100.00", "vat": "25.00", "with_vat": "125.00", "payable": "125.00"},
    "vat_breakdown": TAXES,
    "allowances": [{"amount": "10.00", "reason": "Loyal, since 1999", "vat_category": "S", "vat_rate": "25"}],
    "lines": [
        {
            "id": "1",
            "net": "80.00",
            "quantity": "4",
            "vat_category": "S",
            "vat_rate": "25",
            "accounting_reference": "6200",
            "item": {"name": 'Rope "extra"; 10 m'},
        },
        {"id": "2", "net": "30.00", "vat_category": "S", "vat_rate": "25", "item": {"name": "=Tar"}},
    ],
}


def invoice(number: str = "INV-7", **given: Any) -> Item:
    content = {**CONTENT, **given.pop("content", {})}
    return item(number, amount=12_500, content=content, **given)


def of(key: str) -> Batch:
    return batch(READY[key].layout)


def items_for(key: str) -> list[Item]:
    """What the system takes: those that refuse credit notes get none."""
    credit = invoice("CN-1", document_type="credit_note", serial=2, party_id=2, party_number="S-2")
    format_ = load()[READY[key].format]
    return [invoice(), *([] if format_.problem(credit, of(key)) else [credit])]


@pytest.mark.parametrize("key", sorted(READY))
def test_ready_mapping_writes_its_golden_file(tmp_path: Path, key: str) -> None:
    ready = READY[key]
    format_ = load()[ready.format]
    assert format_.check_settings({}, of(key).columns) == []
    path, totals = written(tmp_path, format_, of(key), items_for(key))
    assert totals.items == len(items_for(key))
    if ready.format == "xlsx":
        rows = openpyxl.load_workbook(io.BytesIO(path.read_bytes())).active.iter_rows(values_only=True)
        text = "".join("\t".join("" if cell is None else str(cell) for cell in row) + "\n" for row in rows)
        data = text.encode()
    else:
        data = path.read_bytes()
    assert data == (GOLDEN / "ready" / f"{key}.txt").read_bytes()


@pytest.mark.parametrize("key", sorted(READY))
def test_ready_mapping_is_described_and_a_layout(key: str) -> None:
    ready = READY[key]
    assert all((ready.title, ready.about, ready.source, ready.notes))
    layout = Layout.from_dict(ready.layout)
    assert Layout.from_dict(layout.to_dict()) == layout


@pytest.mark.parametrize(
    ("key", "credit_notes"),
    [
        ("sage-intacct-bills", False),
        ("netsuite-vendor-bills", False),
        ("positive-pay-chase", False),
        ("positive-pay-fixed-100", False),
        ("check-print", False),
        ("quickbooks-desktop-bills", True),
        ("xero-bills", True),
        ("sage-50-audit-trail", True),
        ("business-central-lines", True),
    ],
)
def test_ready_mapping_refuses_credit_notes_where_the_system_does(key: str, credit_notes: bool) -> None:
    credit = invoice("CN-1", document_type="credit_note")
    found = load()[READY[key].format].problem(credit, of(key))
    assert (found is None) is credit_notes
    assert found is None or found.code == "value_unmapped"


def test_quickbooks_bills_sum_to_nothing(tmp_path: Path) -> None:
    path, _ = written(
        tmp_path, load()["csv"], of("quickbooks-desktop-bills"), items_for("quickbooks-desktop-bills")
    )
    blocks = path.read_text(encoding="cp1252").split("ENDTRNS\r\n")[1:-1]
    for block in blocks:
        rows = list(csv.reader(io.StringIO(block, newline=""), delimiter="\t"))
        assert [row[0] for row in rows] == ["TRNS", *["SPL"] * (len(rows) - 1)]
        assert sum(Decimal(row[5]) for row in rows) == 0


def test_xero_takes_500_documents_and_the_rest_waits() -> None:
    items = [invoice(str(serial), serial=serial) for serial in range(1, 503)]
    found = list(load()["csv"].problems(items, of("xero-bills")))
    assert [(number, problem.code) for number, problem in found] == [(501, "file_full"), (502, "file_full")]


def test_netsuite_invoice_of_more_than_5000_lines_fails() -> None:
    lines = [{"id": str(number), "net": "0.00"} for number in range(4_999)]
    longest, longer = [*lines, {"net": "100"}], [*lines, {"net": "50"}, {"net": "50"}]
    for given, code in ((longest, None), (longer, "too_many_rows")):
        one = invoice(content={"lines": given, "allowances": []})
        found = load()["csv"].problem(one, of("netsuite-vendor-bills"))
        assert (found.code if found else None) == code


@pytest.mark.parametrize("key", ["check-print", "positive-pay-chase", "positive-pay-fixed-100"])
def test_payee_of_a_check_stands_as_it_is(tmp_path: Path, key: str) -> None:
    """A bank compares the name with the check's: no mark may stand before it."""
    path, _ = written(tmp_path, load()[READY[key].format], of(key), [invoice(party_name="+Plus Partners")])
    assert b"+Plus Partners" in path.read_bytes()
    assert b"'+" not in path.read_bytes()


def test_find_names_those_that_are_nearly_called_so() -> None:
    with pytest.raises(NotFound) as missing:
        mapping_ready.find("xero")
    assert "xero-bills" in missing.value.remedy
