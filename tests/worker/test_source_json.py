from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from worker import sources
from worker.sources import Document, Limits, Refusal

ONE: dict[str, Any] = {
    "number": "1",
    "issue_date": "2026-01-31",
    "currency": "EUR",
    "seller": {"name": "Nord ApS"},
    "totals": {"payable": "12.50"},
}


def read(folder: Path, text: str | bytes, name: str = "in.json", limits: Limits | None = None) -> list[Any]:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return list(sources.read([path], limits=limits))


def numbered(number: int) -> dict[str, Any]:
    return {**ONE, "number": str(number)}


SHAPES = [
    ("a document", json.dumps(ONE, indent=1), [(None, None)]),
    ("a document on one line", json.dumps(ONE), [(None, None)]),
    ("a list", json.dumps([ONE, ONE]), [(None, "/0"), (None, "/1")]),
    ("an object of a list", json.dumps({"invoices": [ONE], "made": 1}), [(None, "/invoices/0")]),
    ("lines", f"{json.dumps(ONE)}\n\n{json.dumps(ONE)}\n", [(1, None), (3, None)]),
]


@pytest.mark.parametrize(("shape", "text", "places"), SHAPES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_documents_in_every_shape_are_read(
    tmp_path: Path, shape: str, text: str, places: list[tuple[int | None, str | None]], encoding: str
) -> None:
    found = read(tmp_path, text.encode(encoding))
    expected = {**ONE, "totals": {"payable": "12.50", "with_vat": "12.50"}, "document_type": "invoice"}
    assert [one.content for one in found] == [expected] * len(places), shape
    assert [(one.line, one.xpath) for one in found] == places, shape


def test_numbers_are_taken_as_written_and_nothing_empty_is_kept(tmp_path: Path) -> None:
    text = """{
        "number": 17, "issue_date": " 2026-01-31 ", "currency": "EUR", "party": {"name": "N", "vat_id": null},
        "totals": {"payable": 12345678901234.10}, "notes": ["", " a "], "lines": [], "delivery": {"name": ""}
    }"""
    (one,) = read(tmp_path, text)
    assert one.content == {
        "number": "17",
        "issue_date": "2026-01-31",
        "currency": "EUR",
        "party": {"name": "N"},
        "totals": {"payable": "12345678901234.10", "with_vat": "12345678901234.10"},
        "notes": ["a"],
        "document_type": "invoice",
    }


def test_unknown_fields_are_kept(tmp_path: Path) -> None:
    more = {
        "desk": 7,
        "paid": True,
        "tags": ["a"],
        "custom": {"x": "1"},
        "seller": {"name": "N", "rating": "A"},
    }
    (one,) = read(tmp_path, json.dumps({**ONE, **more}))
    assert one.content["custom"] == {"x": "1", "desk": "7", "paid": "true"}
    assert one.content["tags"] == ["a"]
    assert one.content["seller"]["rating"] == "A"


WRONG = [
    ("an object where a text should be", {"number": {"a": "b"}}, "wrong_shape", "/number"),
    ("a text where an object should be", {"seller": "Nord"}, "wrong_shape", "/seller"),
    ("an object where a list should be", {"lines": {"net": "1"}}, "wrong_shape", "/lines"),
    ("a text in a list of objects", {"lines": ["1"]}, "wrong_shape", "/lines/0"),
    ("half of a character", {"number": "\ud800"}, "not_text", "/number"),
    ("a NUL character", {"number": "a\0b"}, "not_text", "/number"),
    ("no number", {"number": None}, "missing_field", "/number"),
    ("no party", {"seller": None}, "missing_field", "/seller/name"),
    ("a day that is none", {"issue_date": "31.01.2026"}, "invalid_field", "/issue_date"),
    ("a type that is none", {"document_type": "memo"}, "invalid_field", "/document_type"),
    ("nothing to pay", {"totals": {}}, "missing_field", "/totals/payable"),
    (
        "totals that contradict",
        {"totals": {"payable": 1, "with_vat": 2}},
        "totals_contradict",
        "/totals/payable",
    ),
]


@pytest.mark.parametrize(("reason", "change", "code", "pointer"), WRONG)
def test_document_that_is_wrong_is_refused_by_its_place_and_the_rest_goes_on(
    tmp_path: Path, reason: str, change: dict[str, Any], code: str, pointer: str
) -> None:
    found = read(tmp_path, json.dumps([ONE, {**ONE, **change}, ONE]))
    assert [isinstance(one, Document) for one in found] == [True, False, True], reason
    assert (found[1].code, found[1].xpath) == (code, f"/1{pointer}"), reason
    assert found[1].remedy


BROKEN = [
    ("cut off", '{"number": "1",\n "issue', "not_json", 2),
    ("not a number", '{"a": NaN}', "not_json", None),
    ("two values for one name", '{"a": 1, "a": 2}', "not_json", None),
    ("deep", "[" * 100_000, "too_deep", None),
    ("deep but closed", '{"a":' * 300 + "1" + "}" * 300, "too_deep", None),
    ("not UTF-8", b'{"a": "\xff"}', "not_text", None),
    ("a number alone", "5", "not_an_invoice", None),
    ("nothing", "", "not_json", 1),
]


@pytest.mark.parametrize(("reason", "text", "code", "line"), BROKEN)
def test_file_that_is_broken_is_one_refusal(
    tmp_path: Path, reason: str, text: str | bytes, code: str, line: int | None
) -> None:
    found = read(tmp_path, text)
    assert [(one.code, one.line) for one in found] == [(code, line)], reason


def test_broken_line_is_refused_by_its_number_and_the_rest_goes_on(tmp_path: Path) -> None:
    text = f"{json.dumps(ONE)}\n{{\n{json.dumps(ONE)}\n[1]\n"
    found = read(tmp_path, text, "in.jsonl")
    assert [getattr(one, "code", "read") for one in found] == ["read", "not_json", "read", "not_an_invoice"]
    assert [one.line for one in found] == [1, 2, 3, 4]


def test_limits_refuse_large_files_and_lines(tmp_path: Path) -> None:
    text = json.dumps({**ONE, "notes": ["x" * 1000]})
    assert read(tmp_path, text, limits=Limits(document_bytes=500))[0].code == "too_large"
    lines = f"{json.dumps(ONE)}\n{text}\n"
    found = read(tmp_path, lines, "in.jsonl", limits=Limits(document_bytes=500))
    assert isinstance(found[0], Document)
    assert isinstance(found[1], Refusal)
    assert (found[1].code, found[1].line) == ("too_large", 2)
    assert read(tmp_path, lines, "in.jsonl", limits=Limits(table_bytes=500))[0].code == "too_large"
