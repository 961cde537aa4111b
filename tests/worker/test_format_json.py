from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InvalidInput
from models.fields import canonical_json
from tests.worker.format_cases import GOLDEN, batch, item, written
from worker.formats.json import Json

JSON = Json()


def test_json_of_a_batch_is_the_golden_file(tmp_path: Path) -> None:
    items = [
        item("CN-1", document_type="credit_note", amount=5_00, content={"notes": ["Größe\n„L“", '"\\']}),
        item("INV-2", serial=2, currency="JPY", amount=7800, party_name='Möller "Nord"'),
    ]
    path, totals = written(tmp_path, JSON, batch(), items)
    assert path.read_bytes() == (GOLDEN / "batch.json").read_bytes()
    assert (totals.items, totals.records) == (2, 2)
    assert totals.sums == {"USD": -500, "JPY": 7800}


def test_json_without_items_is_a_document_all_the_same(tmp_path: Path) -> None:
    path, totals = written(tmp_path, JSON, batch(), [])
    document = json.loads(path.read_bytes())
    assert document["invoices"] == []
    assert document["totals"] == {"amounts": {}, "invoices": 0}
    assert totals.sums == {}


def test_json_invoice_without_waybill_has_the_digest_of_its_content(tmp_path: Path) -> None:
    one = item(content={"lines": [{"id": "1", "item": {"name": "Tau, 10 m"}}], "custom": {"waybill": "x"}})
    path, _ = written(tmp_path, JSON, batch(), [one])
    invoice = json.loads(path.read_bytes())["invoices"][0]
    about = invoice.pop("waybill")
    assert invoice == one.content
    assert about["content_sha256"] == hashlib.sha256(canonical_json(invoice).encode()).hexdigest()
    assert about["payable"] == "123.45"
    assert about["posting_date"] == "2026-03-02"


def test_json_carries_every_item() -> None:
    assert JSON.problem(item(), batch()) is None
    assert list(JSON.problems([item()], batch())) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"payable":"123.45"', b'"payable":"123.46"'),
        (b'"invoices":2', b'"invoices":3'),
        (b'"USD":"246.90"', b'"USD":"246.91"'),
        (b'"job_id":42', b'"job_id":43'),
        (b'"totals":{"amounts"', b'"sums":{"amounts"'),
        (b'{"waybill"', b'{waybill"'),
        (b"}}\n", b""),
        (b",\n", b"\n,"),
    ],
)
def test_json_file_that_was_changed_does_not_read_back(tmp_path: Path, before: bytes, after: bytes) -> None:
    path, _ = written(tmp_path, JSON, batch(), [item("A"), item("B")])
    data = path.read_bytes()
    assert before in data
    path.write_bytes(data.replace(before, after, 1))
    with pytest.raises(InvalidInput) as damage:
        JSON.read_back(path, batch())
    assert damage.value.code == "file_damaged"


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(invoices=st.lists(st.tuples(text, text, st.integers(-(10**12), 10**12)), max_size=6))
def test_json_read_by_another_reader_has_every_invoice(
    tmp_path_factory: pytest.TempPathFactory, invoices: list[tuple[str, str, int]]
) -> None:
    items = [item(number, amount=cents, content={"notes": [note]}) for number, note, cents in invoices]
    path, _ = written(tmp_path_factory.mktemp("json"), JSON, batch(), items)
    found = json.loads(path.read_bytes())["invoices"]
    assert [{key: one[key] for key in one if key != "waybill"} for one in found] == [
        one.content for one in items
    ]
