from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InvalidInput
from models.fields import amount_text
from tests.worker.format_cases import COMPANY, GOLDEN, batch, item, written
from worker import formats
from worker.formats import Batch, Item, Totals
from worker.formats.csv import Csv

CSV = Csv()


def faults(path: Path, of: Batch, totals: Totals) -> list[str]:
    """Why the file is not as written, be it damaged or other than it was."""
    try:
        return totals.differences(CSV.read_back(path, of))
    except InvalidInput as damage:
        return [damage.message] if damage.code == "file_damaged" and path.name in damage.message else []


LINES = [
    {"id": "1", "net": "100.5", "quantity": "3", "item": {"name": "Rope; 10 m"}},
    {"id": "2", "net": "22.95", "quantity": "0.25", "item": {"name": "Tar"}},
]


def rows(tmp_path: Path, columns: dict[str, Any], *items: Item, route: str = "other") -> list[list[str]]:
    """The rows as the csv module reads them, header included."""
    path, _ = written(tmp_path, CSV, batch(columns, route=route), items)
    encoding = "utf-8-sig" if columns.get("bom") else "utf-8"
    with path.open(encoding=encoding, newline="") as text:
        return list(csv.reader(text, delimiter=columns.get("delimiter", ",")))


def raw(tmp_path: Path, columns: dict[str, Any], *items: Item) -> bytes:
    return written(tmp_path, CSV, batch(columns), items)[0].read_bytes()


def test_load_finds_the_formats_and_their_routes() -> None:
    routes = {key: sorted(format_.routes) for key, format_ in formats.load().items()}
    assert routes["csv"] == ["ach", "other"]
    assert routes["json"] == ["other"]
    assert routes["nacha"] == ["ach"]


def test_csv_without_mapping_is_the_golden_file(tmp_path: Path) -> None:
    content = {
        "payment_terms": "30 days",
        "order_reference": "PO-7",
        "totals": {"without_vat": "100", "vat": "23.45", "payable": "123.45"},
        "notes": ["Thank you, Søren", "=call us"],
        "payment": [{"remittance": "RF18 5390"}],
    }
    items = [
        item("CN-1", document_type="credit_note", amount=5_00, serial=1, content=content),
        item("INV-1", serial=2, content=content),
        item("INV-2", serial=3, currency="JPY", amount=7800, due_date=None, party_name='Möller "Nord"'),
    ]
    path, totals = written(tmp_path, CSV, batch(), items)
    assert path.read_bytes() == (GOLDEN / "default.csv").read_bytes()
    assert (totals.items, totals.records) == (3, 3)
    assert totals.sums == {"USD": 12_345 - 500, "JPY": 7800}
    assert totals.control == {"amount_column": "7918.45"}


def test_csv_ach_without_mapping_shows_the_bank_account(tmp_path: Path) -> None:
    path, totals = written(
        tmp_path, CSV, batch(route="ach"), [item("INV-1"), item("INV-2", amount=1, serial=2)]
    )
    assert path.read_bytes() == (GOLDEN / "default_ach.csv").read_bytes()
    assert totals.sums == {"USD": 12_346}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~"])
def test_csv_delimiter_parts_the_cells_and_is_quoted_inside_them(tmp_path: Path, delimiter: str) -> None:
    columns = {"columns": ["number", "party.name"], "delimiter": delimiter}
    found = rows(tmp_path, columns, item(f"A{delimiter}1"))
    assert found == [["Invoice number", "Party name"], [f"A{delimiter}1", "Acme Supply"]]
    assert raw(tmp_path, columns, item()).splitlines()[1] == f"INV-1{delimiter}Acme Supply".encode()


@pytest.mark.parametrize(
    ("quoting", "line"),
    [
        ("minimal", b'INV-1,"A, ""B""",123.45,2026-02-20,1001\r\n'),
        ("all", b'"INV-1","A, ""B""","123.45","2026-02-20","1001"\r\n'),
        ("nonnumeric", b'"INV-1","A, ""B""",123.45,"2026-02-20",1001\r\n'),
    ],
)
def test_csv_quoting_says_which_cells_are_quoted(tmp_path: Path, quoting: str, line: bytes) -> None:
    columns = ["number", "party.name", "totals.payable", "issue_date", "invoice_id"]
    data = raw(tmp_path, {"columns": columns, "quoting": quoting, "header": False}, item(party_name='A, "B"'))
    assert data == line


def test_csv_decimal_comma_quoted_only_where_it_would_part_cells(tmp_path: Path) -> None:
    columns: dict[str, Any] = {"columns": ["number", "totals.payable"], "header": False, "decimal_mark": ","}
    assert raw(tmp_path, columns, item()) == b'INV-1,"123,45"\r\n'
    assert raw(tmp_path, {**columns, "delimiter": ";"}, item()) == b"INV-1;123,45\r\n"


@pytest.mark.parametrize(
    ("header", "bom", "line_end", "expected"),
    [
        (True, False, "crlf", b"Invoice number\r\nINV-1\r\n"),
        (False, False, "crlf", b"INV-1\r\n"),
        (True, True, "lf", b"\xef\xbb\xbfInvoice number\nINV-1\n"),
        (False, True, "lf", b"\xef\xbb\xbfINV-1\n"),
    ],
)
def test_csv_header_bom_and_line_end_are_options(
    tmp_path: Path, header: bool, bom: bool, line_end: str, expected: bytes
) -> None:
    columns = {"columns": ["number"], "header": header, "bom": bom, "line_end": line_end}
    assert raw(tmp_path, columns, item()) == expected


@pytest.mark.parametrize("bom", [True, False])
def test_csv_without_items_is_a_header_alone(tmp_path: Path, bom: bool) -> None:
    expected = (b"\xef\xbb\xbf" if bom else b"") + b"Invoice number\r\n"
    assert raw(tmp_path, {"columns": ["number"], "bom": bom}) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("YYYY-MM-DD", "2026-02-20"),
        ("DD.MM.YYYY", "20.02.2026"),
        ("MM/DD/YY", "02/20/26"),
        ("YYYYMMDD", "20260220"),
        ("DD MM YY", "20 02 26"),
    ],
)
def test_csv_date_format_shows_every_date(tmp_path: Path, pattern: str, expected: str) -> None:
    layout = {"columns": ["issue_date", "due_date"], "header": False, "date_format": pattern}
    assert rows(tmp_path, layout, item(due_date=None)) == [[expected, ""]]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_csv_formula_guard_marks_text_and_leaves_numbers(tmp_path: Path, start: str) -> None:
    columns = ["party.name", {"source": "totals.payable", "sign": "signed"}, "custom.c"]
    layout: dict[str, Any] = {"columns": columns, "header": False}
    one = item(party_name=f"{start}1+1", document_type="credit_note", content={"custom": {"c": f"{start}x"}})
    assert rows(tmp_path, layout, one) == [[f"'{start}1+1", "-123.45", f"'{start}x"]]
    assert rows(tmp_path, {**layout, "formula_guard": False}, one)[0][0] == f"{start}1+1"


def test_csv_formula_guard_leaves_constants_and_amounts_as_text(tmp_path: Path) -> None:
    columns = [{"header": "a", "constant": "-"}, {"source": "signed_payable", "kind": "text"}]
    one = item(document_type="credit_note")
    assert rows(tmp_path, {"columns": columns, "header": False}, one) == [["-", "-123.45"]]


@pytest.mark.parametrize(
    ("line_end", "expected"), [("crlf", "a\r\nb\rc\nd"), ("lf", "a\nb\nc\nd")], ids=["crlf", "lf"]
)
def test_csv_line_breaks_in_cells_come_back(tmp_path: Path, line_end: str, expected: str) -> None:
    columns = {"columns": ["party.name", "number"], "header": False, "line_end": line_end}
    assert rows(tmp_path, columns, item(party_name="a\r\nb\rc\nd")) == [[expected, "INV-1"]]


@pytest.mark.parametrize(
    ("sign", "invoice", "credit"),
    [("document", "123.45", "123.45"), ("signed", "123.45", "-123.45"), ("inverted", "-123.45", "123.45")],
)
def test_csv_sign_turns_amounts_of_the_header_and_of_content(
    tmp_path: Path, sign: str, invoice: str, credit: str
) -> None:
    paths = ["totals.payable", "totals.with_vat"]
    columns = [{"source": path, "sign": sign} for path in paths]
    content = {"totals": {"with_vat": "123.45"}}
    found = rows(
        tmp_path,
        {"columns": [*columns, "document_type", "currency"], "header": False},
        item(content=content),
        item("C", document_type="credit_note", content=content),
    )
    assert [row[:2] for row in found] == [[invoice, invoice], [credit, credit]]


@pytest.mark.parametrize(
    ("currency", "given_", "expected"),
    [("EUR", "12", "12.00"), ("EUR", "12.5", "12.50"), ("JPY", "12", "12"), ("KWD", "1.5", "1.500")],
)
def test_csv_amounts_of_content_have_the_decimals_of_the_currency(
    tmp_path: Path, currency: str, given_: str, expected: str
) -> None:
    layout = {"columns": ["totals.without_vat"], "header": False}
    one = item(currency=currency, content={"totals": {"without_vat": given_}})
    assert rows(tmp_path, layout, one) == [[expected]]


def test_csv_rows_per_line_repeat_the_invoice_and_count_it_once(tmp_path: Path) -> None:
    sources = ["number", "party.number", "document_type", "currency", "totals.payable"]
    layout = {"columns": [*sources, "line.id", "line.item.name", "line.net", "line.quantity"], "rows": "line"}
    items = [item("A", content={"lines": LINES}), item("B", serial=2, content={"lines": LINES[:1]})]
    assert rows(tmp_path, {**layout, "decimal_mark": ","}, *items)[1:] == [
        ["A", "S-1", "invoice", "USD", "123,45", "1", "Rope; 10 m", "100,50", "3"],
        ["A", "S-1", "invoice", "USD", "123,45", "2", "Tar", "22,95", "0,25"],
        ["B", "S-1", "invoice", "USD", "123,45", "1", "Rope; 10 m", "100,50", "3"],
    ]
    path, totals = written(tmp_path, CSV, batch(layout), items)
    assert (totals.items, totals.records, totals.sums) == (2, 3, {"USD": 24_690})
    assert CSV.read_back(path, batch(layout)).items == 2


def test_csv_rows_per_line_without_lines_show_the_invoice_all_the_same(tmp_path: Path) -> None:
    layout = {"columns": ["number", "line.id"], "rows": "line", "header": False}
    assert rows(tmp_path, layout, item("A"), item("B", content={"lines": LINES})) == [
        ["A", ""],
        ["B", "1"],
        ["B", "2"],
    ]


def test_csv_read_back_tells_only_what_the_columns_show(tmp_path: Path) -> None:
    items = [item("A", content={"lines": LINES}), item("B", currency="EUR", content={"lines": LINES})]
    no_amount = batch({"columns": ["number"]})
    no_currency = batch({"columns": ["number", "signed_payable"]})
    no_sign = batch({"columns": ["number", "currency", "totals.payable"]})
    no_identity = batch({"columns": ["number", "currency", "signed_payable", "line.id"], "rows": "line"})
    told = []
    for of in (no_amount, no_currency, no_sign, no_identity):
        path, _ = written(tmp_path, CSV, of, items)
        read = CSV.read_back(path, of)
        told.append((read.items, read.records, read.sums, read.control))
    assert told == [
        (2, 2, None, {}),
        (2, 2, None, {"amount_column": "246.90"}),
        (2, 2, None, {"amount_column": "246.90"}),
        (None, 4, None, {"amount_column": "493.80"}),
    ]


def test_csv_every_field_of_the_batch_and_the_content_can_be_shown(tmp_path: Path) -> None:
    content = {
        "seller": {
            "name": "Acme",
            "legal_id": {"scheme": "0002", "value": "123"},
            "address": {"city": "Oslo"},
        },
        "preceding_invoices": [{"number": "P1"}, {"number": "P2"}],
        "notes": ["one", "two"],
        "payment": [{"account": {"id": "NO93"}}, {"account": {"id": "x"}}],
        "custom": {"cost centre": "77"},
    }
    expected = {
        "entity.name": "Harbour Goods Inc",
        "job_id": "42",
        "posting_date": "2026-03-02",
        "invoice_id": "1001",
        "direction": "payable",
        "account.routing": "021000021",
        "account.name": "Acme Supply",
        "seller.legal_id": "123",
        "seller.address.city": "Oslo",
        "preceding_invoices.number": "P1",
        "notes": "one; two",
        "payment.account.id": "NO93",
        "custom.cost centre": "77",
        "buyer.name": "",
        "period.start": "",
    }
    found = rows(tmp_path, {"columns": list(expected), "header": False}, item(content=content))
    assert dict(zip(expected, found[0], strict=True)) == expected
    without = rows(tmp_path, {"columns": ["account.routing"], "header": False}, item(account=None))
    assert without == [[""]]


def test_csv_vanished_custom_column_fails_each_item_by_name() -> None:
    of = batch({"columns": ["number", {"header": "Cost", "source": "custom.cost"}]})
    items = [item("A", content={"custom": {"cost": "1"}}), item("B", serial=2), item("C", serial=3)]
    found = dict(CSV.problems(items, of))
    assert sorted(found) == [2, 3]
    assert found[2].code == "mapping_column_missing"
    assert (
        found[2].reason
        == "the mapping's column 'Cost' shows custom.cost, and invoice B of Acme Supply has none"
    )
    assert found[2].remedy
    assert CSV.problem(items[0], of) is None


def test_csv_optional_custom_column_is_empty_where_missing(tmp_path: Path) -> None:
    layout = {"columns": [{"source": "custom.cost", "required": False}, "number"], "header": False}
    assert list(CSV.problems([item()], batch(layout))) == []
    assert rows(tmp_path, layout, item()) == [["", "INV-1"]]


@pytest.mark.parametrize(
    ("column", "content", "code"),
    [
        ({"source": "order_reference", "required": True}, {}, "value_missing"),
        ({"source": "due_date", "required": True}, {}, "value_missing"),
        ({"source": "custom.c", "kind": "amount"}, {"custom": {"c": "12,50"}}, "value_unfit"),
        ({"source": "custom.c", "kind": "date"}, {"custom": {"c": "20.02.2026"}}, "value_unfit"),
        ({"source": "custom.c", "kind": "integer"}, {"custom": {"c": "1.5"}}, "value_unfit"),
        ({"source": "custom.c", "kind": "integer"}, {"custom": {"c": "-15"}}, None),
        ({"source": "custom.c", "kind": "date"}, {"custom": {"c": "2026-02-20"}}, None),
        ({"source": "custom.c", "kind": "decimal", "required": False}, {}, None),
    ],
)
def test_csv_value_that_does_not_suit_its_column_is_a_problem(
    column: dict[str, Any], content: dict[str, Any], code: str | None
) -> None:
    found = CSV.problem(item(due_date=None, content=content), batch({"columns": [column]}))
    assert (found.code if found else None) == code


def test_csv_required_line_value_is_looked_for_in_every_line() -> None:
    of = batch({"columns": [{"source": "line.item.name", "required": True}], "rows": "line"})
    assert CSV.problem(item(content={"lines": LINES}), of) is None
    found = CSV.problem(item(content={"lines": [*LINES, {"id": "3"}]}), of)
    assert found is not None
    assert found.code == "value_missing"


def test_csv_required_number_of_a_party_is_entered_at_the_party() -> None:
    of = batch({"columns": [{"source": "party.number", "required": True}]})
    found = CSV.problem(item(party_number=""), of)
    assert found is not None
    assert found.remedy.startswith("give the party its number (waybill party edit PARTY --number …)")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"INV-2,", b"INV-2,,"),
        (b"123.45", b"123.46"),
        (b"123.45", b"123.4"),
        (b"123.45", b"12x.45"),
        (b"USD", b"EUR"),
        (b"INV-2,USD,123.45\r\n", b""),
        (b"Invoice number", b"Number"),
    ],
)
def test_csv_file_that_was_changed_does_not_read_back(tmp_path: Path, before: bytes, after: bytes) -> None:
    of = batch({"columns": ["number", "currency", "signed_payable"]})
    path, totals = written(tmp_path, CSV, of, [item("INV-1"), item("INV-2")])
    path.write_bytes(path.read_bytes().replace(before, after, 1))
    assert faults(path, of, totals)


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(
    cells=st.lists(st.tuples(text, text, st.integers(-(10**12), 10**12), st.booleans()), max_size=8),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quoting=st.sampled_from(["minimal", "all", "nonnumeric"]),
    mark=st.sampled_from([".", ","]),
    bom=st.booleans(),
)
def test_csv_read_by_another_reader_has_every_cell_and_every_cent(
    tmp_path_factory: pytest.TempPathFactory,
    cells: list[tuple[str, str, int, bool]],
    delimiter: str,
    quoting: str,
    mark: str,
    bom: bool,
) -> None:
    sources = ["number", "party.name", "currency", "signed_payable"]
    options = {"delimiter": delimiter, "quoting": quoting, "decimal_mark": mark, "bom": bom}
    of = batch({"columns": sources, "formula_guard": False, **options})
    items = [
        item(number, party_name=name, amount=amount, document_type="credit_note" if credit else "invoice")
        for number, name, amount, credit in cells
    ]
    path, totals = written(tmp_path_factory.mktemp("csv"), CSV, of, items)
    decoded = path.read_bytes().decode("utf-8-sig" if bom else "utf-8")
    found = list(csv.reader(io.StringIO(decoded, newline=""), delimiter=delimiter))[1:]
    assert [row[:2] for row in found] == [[one.number, one.party_name] for one in items]
    assert [row[3].replace(mark, ".") for row in found] == [amount_text(one.signed, "USD") for one in items]
    assert totals.sums == ({"USD": sum(one.signed for one in items)} if items else {})


def test_csv_written_twice_is_the_same_bytes(tmp_path: Path) -> None:
    items = [item("A", account=COMPANY), item("B", document_type="credit_note")]
    once = written(tmp_path, CSV, batch(), items, "one")[0].read_bytes()
    assert written(tmp_path, CSV, batch(), items, "two")[0].read_bytes() == once
