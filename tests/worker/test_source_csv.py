from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InvalidInput
from worker import sources
from worker.sources import Document, Limits, Refusal
from worker.sources.cells import number_reader
from worker.sources.mapping import ImportMapping

SIMPLE = """
[columns]
number = "No"
issue_date = "Date"
currency = "Cur"
"party.name" = "Vendor"
"totals.payable" = "Amount"
"""
LINES = (
    'rows = "line"\n'
    + SIMPLE
    + """
"totals.line_net" = "Net"
lines.net = "Line"
lines.item.name = "Text"
"""
)


def read(folder: Path, text: str | bytes, mapping: str = SIMPLE, limits: Limits | None = None) -> list[Any]:
    path = folder / "in.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return list(sources.read([path], mapping=ImportMapping.parse(mapping), limits=limits))


def contents(found: list[Any]) -> list[dict[str, Any]]:
    assert all(isinstance(one, Document) for one in found), found
    return [one.content for one in found]


def refusals(found: list[Any]) -> list[tuple[str, int | None]]:
    return [(one.code, one.line) for one in found if isinstance(one, Refusal)]


# --- a row an invoice


def test_row_becomes_a_document_and_unmapped_columns_are_kept(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        'No,Date,Cur,Vendor,Amount,Cost centre,Remark\n A-1 ,2026-01-31,eur,"Nord, ApS",10.50,0042,\n',
    )
    assert contents(found) == [
        {
            "document_type": "invoice",
            "number": "A-1",
            "issue_date": "2026-01-31",
            "currency": "EUR",
            "party": {"name": "Nord, ApS"},
            "totals": {"payable": "10.50", "with_vat": "10.50"},
            "custom": {"Cost centre": "0042"},
        }
    ]
    assert found[0].line == 2


def test_bad_rows_are_refused_with_their_lines_and_the_rest_goes_on(tmp_path: Path) -> None:
    text = (
        "No,Date,Cur,Vendor,Amount\n"
        'A,2026-01-31,EUR,"Nord\nApS",1\n'  # lines 2 and 3
        "B,31.01.2026,EUR,Nord,1\n"
        "C,2026-01-31,EUR,Nord,1.5.0\n"
        "D,2026-01-31,EUR,Nord\n"
        ",,,,\n"
        ",2026-01-31,EUR,Nord,1\n"
        "F,2026-01-31,EUR,Nord,1.005\n"
        "G,2026-01-31,EUR,Nord,1,,\n"
        "H,2026-01-31,EUR,Nord,1,more\n"
        "I,2026-01-31,EURO,Nord,1\n"
        "J,2026-01-31,EUR,,1\n"
        "K,2026-01-31,EUR,Nord,2\n"
    )
    found = read(tmp_path, text)
    assert [one.content["number"] for one in found if isinstance(one, Document)] == ["A", "G", "K"]
    assert [one.line for one in found if isinstance(one, Document)] == [2, 10, 14]
    assert refusals(found) == [
        ("not_a_day", 4),
        ("not_a_number", 5),
        ("bad_row", 6),
        ("missing_field", 8),
        ("too_many_decimals", 9),
        ("bad_row", 11),
        ("invalid_field", 12),
        ("missing_field", 13),
    ]


def test_refusal_of_a_cell_names_its_column(tmp_path: Path) -> None:
    (one,) = read(tmp_path, "No,Date,Cur,Vendor,Amount\nA,2026-01-31,EUR,Nord,abc\n")
    assert one.as_dict() == {
        "path": str(tmp_path / "in.csv"),
        "line": 2,
        "code": "not_a_number",
        "message": "column \"Amount\": 'abc' is not a number",
        "remedy": "write it as 1234.50, or correct decimal and thousands in the mapping",
    }


def test_totals_that_contradict_are_refused(tmp_path: Path) -> None:
    mapping = SIMPLE + '"totals.without_vat" = "Net"\n"totals.vat" = "Tax"\n"totals.with_vat" = "Gross"\n'
    text = "No,Date,Cur,Vendor,Net,Tax,Gross,Amount\nA,2026-01-31,EUR,N,100,25,{},125\n"
    assert contents(read(tmp_path, text.format(125), mapping))
    assert refusals(read(tmp_path, text.format(124), mapping)) == [("totals_contradict", 2)]


@pytest.mark.parametrize(
    ("encoding", "settings"),
    [
        ("utf-8-sig", 'delimiter = ";"'),
        ("cp1252", 'delimiter = ";"\nencoding = "cp1252"'),
        ("utf-16", 'delimiter = ";"\nencoding = "utf-16"'),
    ],
)
def test_file_of_another_country_is_read(tmp_path: Path, encoding: str, settings: str) -> None:
    mapping = f"""
        {settings}
        decimal = ","
        thousands = "."
        dates = ["%d.%m.%Y", "%d.%m.%y"]
        skip = 1
        negative = "credit_note"
        ignore = ["Printed"]
        [columns]
        number = "Nr"
        issue_date = "Datum"
        due_date = {{ column = "Fällig", default = "2030-12-31" }}
        currency = {{ constant = "EUR" }}
        "party.name" = "Lieferant"
        "party.legal_id.scheme" = {{ constant = "0204" }}
        "party.legal_id.value" = "HRB"
        "totals.payable" = "Betrag"
        "totals.vat" = "Steuer"
        notes = "Notiz"
        "notes.2" = "Notiz 2"
        "custom.desk" = "Stelle"
    """
    text = (
        "Liste vom 1.2.\r\n"
        "Nr;Datum;Fällig;Lieferant;HRB;Betrag;Steuer;Notiz;Notiz 2;Stelle;Printed\r\n"
        "1;31.01.2026;01.03.26;Müller;B1;1.234,50;234,5;;zwei;7;now\r\n"
        "2;01.02.2026;;Müller;;-10,00;-1,60;eins;zwei;;now\r\n"
        "3;01.02.2026;;Müller;;100,00-;0;;;;now\r\n"
        "4;01.02.2026;;Müller;;1.23;0;;;;now\r\n"
    )
    found = read(tmp_path, text.encode(encoding), mapping)
    first, second, third = (one.content for one in found[:3])
    assert first["totals"] == {"payable": "1234.50", "vat": "234.5", "with_vat": "1234.50"}
    assert (first["issue_date"], first["due_date"]) == ("2026-01-31", "2026-03-01")
    assert first["party"] == {"name": "Müller", "legal_id": {"scheme": "0204", "value": "B1"}}
    assert (first["notes"], first["custom"]) == (["zwei"], {"desk": "7"})
    assert second["party"] == {"name": "Müller"}, "a scheme without an identifier is nothing"
    assert (second["document_type"], second["due_date"]) == ("credit_note", "2030-12-31")
    assert second["totals"] == {"payable": "10.00", "vat": "1.60", "with_vat": "10.00"}
    assert third["totals"] == {"payable": "100.00", "vat": "0", "with_vat": "100.00"}
    # 1.23 is not 123: groups have three digits.
    assert refusals(found) == [("not_a_number", 6)]


def test_negative_amount_stays_an_invoice_unless_the_mapping_says_otherwise(tmp_path: Path) -> None:
    text = "No,Date,Cur,Vendor,Amount\nA,2026-01-31,EUR,Nord,-1.00\n"
    (kept,) = contents(read(tmp_path, text))
    assert (kept["document_type"], kept["totals"]["payable"]) == ("invoice", "-1.00")


def test_values_translate_and_unknown_ones_are_refused(tmp_path: Path) -> None:
    mapping = (
        SIMPLE + 'document_type = { column = "Type", values = { INV = "invoice", CRN = "credit_note" } }\n'
    )
    text = "No,Date,Cur,Vendor,Amount,Type\nA,2026-01-31,EUR,N,1,CRN\nB,2026-01-31,EUR,N,1,XXX\n"
    found = read(tmp_path, text, mapping)
    assert found[0].content["document_type"] == "credit_note"
    assert refusals(found) == [("unknown_value", 3)]
    assert "INV, CRN" in found[1].remedy


def test_columns_by_number_need_no_header(tmp_path: Path) -> None:
    mapping = (
        'header = false\n[columns]\nnumber = 1\nissue_date = 2\n"party.name" = 3\n"totals.payable" = 4\n'
    )
    mapping += 'currency = { constant = "EUR" }\n'
    (one,) = contents(read(tmp_path, "A,2026-01-31,Nord,1,x\n", mapping))
    assert (one["number"], one["custom"]) == ("A", {"column 5": "x"})


FILE_REFUSALS = [
    ("no such column", "No,Date,Cur,Vendor\nA,2026-01-31,EUR,N\n", "missing_column", 1),
    ("nothing in it", "", "empty_file", None),
    ("not of the encoding", b"\xff\xfeN\0o", "not_text", 1),
    ("a quotation mark too many", 'No,"Date\n', "bad_row", 1),
]


@pytest.mark.parametrize(("reason", "text", "code", "line"), FILE_REFUSALS)
def test_file_that_cannot_be_read_at_all_is_one_refusal(
    tmp_path: Path, reason: str, text: str | bytes, code: str, line: int | None
) -> None:
    assert refusals(read(tmp_path, text)) == [(code, line)], reason


def test_row_with_bytes_that_are_no_text_is_refused_alone(tmp_path: Path) -> None:
    text = (
        b"No,Date,Cur,Vendor,Amount\n"
        b"A,2026-01-31,EUR,M\xfcller,1\n"
        b"B,2026-01-31,EUR,N\0,1\n"
        b"C,2026-01-31,EUR,N,1\n"
    )
    found = read(tmp_path, text)
    assert refusals(found) == [("not_text", 2), ("not_text", 3)]
    assert found[2].content["number"] == "C"


def test_file_without_a_mapping_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("a,b\n1,2\n")
    (one,) = sources.read([path])
    assert isinstance(one, Refusal)
    assert one.code == "mapping_missing"


def test_limits_refuse_large_files_and_endless_lines(tmp_path: Path) -> None:
    text = "No,Date,Cur,Vendor,Amount\n" + "A,2026-01-31,EUR,Nord,1\n" * 10
    assert refusals(read(tmp_path, text, limits=Limits(table_bytes=50))) == [("too_large", None)]
    endless = "No,Date,Cur,Vendor,Amount\nA,2026-01-31,EUR,Nord,1\n" + "x" * 5000
    found = read(tmp_path, endless, limits=Limits(document_bytes=1000))
    assert refusals(found) == [("too_large", 3)]
    assert isinstance(found[0], Document)


# --- a row a line

LINE_HEADER = "No,Date,Cur,Vendor,Amount,Net,Line,Text,Desk\n"


def test_rows_of_one_invoice_become_its_lines(tmp_path: Path) -> None:
    text = (
        LINE_HEADER
        + "A,2026-01-31,EUR,Nord,3,3,1,one,9\n"
        + "A,2026-01-31,EUR,Nord,,,2,two,9\n"
        + "A,2026-01-31,EUR,Other,5,5,5,five,1\n"
    )
    first, second = contents(read(tmp_path, text, LINES))
    assert first["lines"] == [
        {"net": "1", "item": {"name": "one"}},
        {"net": "2", "item": {"name": "two"}},
    ]
    assert first["custom"] == {"Desk": "9"}
    assert second["party"]["name"] == "Other", "the same number of another supplier is another invoice"


def test_unmapped_column_that_differs_is_kept_with_the_lines(tmp_path: Path) -> None:
    text = LINE_HEADER + "A,2026-01-31,EUR,Nord,3,3,1,one,9\nA,2026-01-31,EUR,Nord,3,3,2,two,8\n"
    (one,) = contents(read(tmp_path, text, LINES))
    assert [line["custom"] for line in one["lines"]] == [{"Desk": "9"}, {"Desk": "8"}]
    assert "custom" not in one


def test_scattered_rows_of_one_invoice_are_put_together(tmp_path: Path) -> None:
    text = (
        LINE_HEADER
        + "A,2026-01-31,EUR,Nord,3,3,1,one,\n"
        + "B,2026-01-31,EUR,Nord,1,1,1,one,\n"
        + "A,2026-01-31,EUR,Nord,3,3,2,two,\n"
    )
    found = read(tmp_path, text, LINES)
    assert [(one.content["number"], len(one.content["lines"]), one.line) for one in found] == [
        ("B", 1, 3),
        ("A", 2, 2),
    ]


def test_wrong_line_refuses_its_invoice_only(tmp_path: Path) -> None:
    text = (
        LINE_HEADER
        + "A,2026-01-31,EUR,Nord,3,3,1,one,\n"
        + "A,2026-01-31,EUR,Nord,3,3,two,two,\n"
        + "B,2026-01-31,EUR,Nord,1,1,1,one,\n"
        + "C,2026-01-31,EUR,Nord,1,1,1,one,\n"
        + "C,2026-02-01,EUR,Nord,1,1,1,one,\n"
        + "D,2026-01-31,EUR,Nord,5,5,1,one,\n"
        + "E,2026-01-31,EUR,Nord,1,1\n"
        + "F,2026-01-31,EUR,Nord,1,1,1,one,\n"
    )
    found = read(tmp_path, text, LINES)
    assert [one.content["number"] for one in found if isinstance(one, Document)] == ["B", "F"]
    assert refusals(found) == [
        ("not_a_number", 3),
        ("rows_contradict", 6),
        ("totals_contradict", 7),
        ("bad_row", 8),
    ]


def test_row_without_a_key_takes_both_neighbours_with_it(tmp_path: Path) -> None:
    # It may have been a line of either.
    text = (
        LINE_HEADER
        + "A,2026-01-31,EUR,Nord,1,1,1,one,\n"
        + "??\n"
        + "B,2026-01-31,EUR,Nord,1,1,1,one,\n"
        + "C,2026-01-31,EUR,Nord,1,1,1,one,\n"
    )
    found = read(tmp_path, text, LINES)
    assert refusals(found) == [("bad_row", 3), ("bad_row", 3)]
    assert [one.content["number"] for one in found if isinstance(one, Document)] == ["C"]


# --- numbers


@given(
    st.decimals(min_value=-(10**12), max_value=10**12, places=2),
    st.sampled_from([(".", ""), (",", "."), (".", ","), (",", " "), (".", "'")]),
)
def test_number_written_in_any_style_is_read_exactly(value: Decimal, style: tuple[str, str]) -> None:
    decimal, thousands = style
    grouped = f"{value:,.2f}".replace(",", "T").replace(".", decimal).replace("T", thousands)
    assert number_reader("x", decimal, thousands)(grouped) == f"{value:.2f}"


# --- mappings

BAD_MAPPINGS = [
    ("columns", ""),
    ("columns", "[columns]"),
    ("file", "["),
    ("columns.nunber", SIMPLE.replace("number", "nunber")),
    ("columns.seller", SIMPLE + 'seller = "X"'),
    ("columns.lines.2.net", SIMPLE + '"lines.2.net" = "X"'),
    ("columns.other.path", SIMPLE + '"other.path" = "X"'),
    ("columns.due_date", SIMPLE + 'due_date = { column = "A", format = "x" }'),
    ("columns.due_date", SIMPLE + "due_date = 0"),
    ("columns.due_date.default", SIMPLE + 'due_date = { column = "A", default = "" }'),
    ("columns.type_code.values", SIMPLE + 'type_code = { column = "A", values = { a = 1 } }'),
    ("columns.number", "header = false" + SIMPLE),
    ("delimiter", 'delimiter = "||"' + SIMPLE),
    ("delimiter", "delimiter = 1" + SIMPLE),
    ("quote", "delimiter = '\"'" + SIMPLE),
    ("encoding", 'encoding = "zlib"' + SIMPLE),
    ("encoding", 'encoding = "nowhere"' + SIMPLE),
    ("thousands", 'thousands = "."' + SIMPLE),
    ("skip", "skip = true" + SIMPLE),
    ("skip", "skip = -1" + SIMPLE),
    ("rows", 'rows = "page"' + SIMPLE),
    ("rows", 'rows = "line"' + SIMPLE),
    ("key", 'key = ["due_date"]' + SIMPLE),
    ("dates", 'dates = "x"' + SIMPLE),
    ("colour", 'colour = "red"' + SIMPLE),
]


@pytest.mark.parametrize(("key", "text"), BAD_MAPPINGS)
def test_mapping_that_is_wrong_is_refused_by_its_key(key: str, text: str) -> None:
    with pytest.raises(InvalidInput, match=rf"^the mapping's {re.escape(key)} ") as refused:
        ImportMapping.parse(text)
    assert refused.value.code == "bad_mapping"
    assert refused.value.remedy


def test_misspelt_field_gets_a_suggestion() -> None:
    with pytest.raises(InvalidInput) as refused:
        ImportMapping.parse(SIMPLE + '"party.vat" = "X"')
    assert "party.vat_id" in refused.value.remedy


def test_mapping_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        ImportMapping.load(tmp_path / "none.toml")
