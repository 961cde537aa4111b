"""The generic XML: by its schema, in full, and read by another reader; JSON Lines beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from models.errors import InvalidInput
from models.fields import canonical_json
from tests.worker.format_cases import GOLDEN, batch, item, written
from worker.formats import Format, Item
from worker.formats.jsonl import JsonLines
from worker.formats.xml import Xml, schema

XML, JSONL = Xml(), JsonLines()
CONTENT: dict[str, Any] = {
    "notes": ["Thank you, Søren", " two  blanks "],
    "seller": {"name": "A & B <Ltd>", "legal_id": {"scheme": "0184", "value": "123"}, "shoe_size": 43},
    "lines": [{"id": "1", "net": "100.50", "item": {"name": "Rope\n10 m"}, "custom": {"Cost centre": "7"}}],
    "custom": {"Approved by": "Ann", "flags": [1, True, None]},
    "due_date": "2026-13-01",
    "unheard_of": {"deep": ["er"]},
    "attachments": [],
}


def _validated(path: Path) -> etree._Element:
    tree = etree.parse(str(path))
    judge = etree.XMLSchema(etree.fromstring(XML.schema().encode()))
    judge.assertValid(tree)
    return tree.getroot()


def test_xml_is_the_golden_file_and_valid(tmp_path: Path) -> None:
    items = [
        item(content=CONTENT),
        item("C", document_type="credit_note", currency="JPY", amount=7, serial=2),
    ]
    path, totals = written(tmp_path, XML, batch(), items)
    assert path.read_bytes() == (GOLDEN / "batch.xml").read_bytes()
    root = _validated(path)
    first = root.find(f"{{{schema.NAMESPACE}}}invoice")
    assert first is not None
    found = {str(each.tag).rpartition("}")[2]: each.text for each in first.iter() if each.text}
    assert (found["name"], found["custom"], found["more"]) == ("Rope\n10 m", "[1,true,null]", "[]")
    named = {each.get("name"): each.text for each in first.iter(f"{{{schema.NAMESPACE}}}more")}
    assert json.loads(named["unheard_of"] or "") == {"deep": ["er"]}
    assert (totals.items, totals.sums) == (2, {"USD": 12_345, "JPY": -7})


def test_schema_is_the_one_that_the_terms_come_to() -> None:
    assert schema.text() == schema.made(), "the document has other terms: publish the schema anew"


@pytest.mark.parametrize("format_", [XML, JSONL], ids=["xml", "jsonl"])
@pytest.mark.parametrize(
    ("before", "after"),
    [(b"123.45", b"123.46"), (b"Rope", b"Rape"), (b"Ann", b"Anne"), (b"Acme", b"<Acme"), (b"\n", b"")],
)
def test_file_that_was_changed_does_not_read_back(
    tmp_path: Path, format_: Format, before: bytes, after: bytes
) -> None:
    path, totals = written(tmp_path, format_, batch(), [item(content=CONTENT), item("B", serial=2)])
    data = path.read_bytes()
    if format_ is JSONL and before == b"Acme":
        before = b"currency"
    path.write_bytes(data.replace(before, after, 1) if before != b"\n" else data[: data.rindex(b"\n")][:-1])
    try:
        differences = totals.differences(format_.read_back(path, batch()))
    except InvalidInput as damage:
        differences = [damage.code]
    assert differences


def test_jsonl_is_a_whole_invoice_a_line(tmp_path: Path) -> None:
    path, totals = written(tmp_path, JSONL, batch(), [item(content=CONTENT), item("B", serial=2)])
    lines = path.read_text(encoding="utf-8").split("\n")
    assert lines.pop() == ""
    found = [json.loads(line) for line in lines]
    assert [one["number"] for one in found] == ["INV-1", "B"]
    about = found[0].pop("waybill")
    assert (about["payable"], about["party_name"]) == ("123.45", "Acme Supply")
    assert canonical_json(found[0]) == item(content=CONTENT).content_json
    assert totals.records == 2


def test_files_without_invoices_read_back(tmp_path: Path) -> None:
    for format_ in (XML, JSONL):
        assert written(tmp_path, format_, batch(), [], format_.key)[1].items == 0


anything = st.recursive(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(
    ["notes", "seller", "lines", "custom", "totals", "due_date", "x", "payment", "attachments"]
)


@given(contents=st.lists(st.dictionaries(keys, anything, max_size=5), max_size=3))
def test_any_content_comes_back_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, contents: list[dict[str, Any]]
) -> None:
    contents = [json.loads(canonical_json(content).encode("utf-8", "replace")) for content in contents]
    items: list[Item] = [item(serial=place, content=content) for place, content in enumerate(contents, 1)]
    folder = tmp_path_factory.mktemp("any")
    for format_ in (XML, JSONL):
        problems = dict(format_.problems(items, batch()))
        carried = [one for one in items if one.item_id not in problems]
        path, totals = written(folder, format_, batch(), carried, format_.key)
        assert totals.items == len(carried)
        if format_ is XML:
            _validated(path)
