"""What columns come to: expressions, rows per tax and booking, other rows, limits, lines of fixed width."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InvalidInput
from models.fields import amount_text
from tests.worker.format_cases import batch, item, written
from worker.formats import Item
from worker.formats.csv import Csv
from worker.formats.fixed import Fixed

CSV, FIXED = Csv(), Fixed()


def shown(value: str, one: Item, **layout: Any) -> str:
    """What one expression comes to in a CSV file."""
    of = batch(
        {"columns": [{"value": value, "header": "x"}], "header": False, "formula_guard": False, **layout}
    )
    out = io.BytesIO()
    CSV.write(of, lambda: iter([one]), out)
    rows = list(csv.reader(io.StringIO(out.getvalue().decode(), newline="")))
    return rows[0][0] if rows[0] else ""


def found(value: str, one: Item, **column: Any) -> str | None:
    """The code of what keeps it from being shown."""
    problem = CSV.problem(one, batch({"columns": [{"value": value, "header": "x", **column}]}))
    return problem.code if problem else None


CREDIT = item(document_type="credit_note", content={"totals": {"vat": "5"}})
MONEY = item(
    currency="EUR", content={"totals": {"vat": "1234567.5", "with_vat": "-0.50"}, "custom": {"c": "1.005"}}
)
VALUES = [
    ('concat(party.number, "-", number)', item("7"), "S-1-7"),
    ('if_empty(order_reference, due_date, "x")', item(due_date=None), "x"),
    ('if_empty(order_reference, due_date, "x")', item(), "2026-03-22"),
    ('map(document_type, "invoice" = "BILL", else = number)', item(), "BILL"),
    ('map(document_type, "x" = "BILL", else = number)', item("7"), "7"),
    ('map(tax.rate, "25" = "T1")', item(content={"vat_breakdown": [{"rate": "25.00"}]}), "T1"),
    ('date(issue_date, "DD.MM.YY")', item(), "20.02.26"),
    ('date(due_date, "YYYYMMDD")', item(due_date=None), ""),
    ("number(totals.vat, 2)", MONEY, "1234567.50"),
    ('number(totals.vat, 2, ",", ".")', MONEY, "1.234.567,50"),
    ("number(totals.vat, 1)", MONEY, "1234567.5"),
    ("number(custom.c, 3)", MONEY, "1.005"),
    ("cents(totals.vat)", MONEY, "123456750"),
    ("cents(totals.with_vat)", MONEY, "-50"),
    ("cents(totals.payable)", item(currency="JPY", amount=7), "7"),
    ("cents(totals.payable)", item(currency="KWD", amount=7), "7"),
    ("signed(totals.vat)", CREDIT, "-5.00"),
    ("inverted(totals.vat)", CREDIT, "5.00"),
    ("absolute(signed_payable)", CREDIT, "123.45"),
    ("left(party.name, 4)", item(), "Acme"),
    ("concat(totals.vat)".replace(")", ', "")'), CREDIT, "5.00"),
]


@pytest.mark.parametrize(("value", "one", "expected"), VALUES, ids=[value[0] for value in VALUES])
def test_expression_comes_to_its_text(value: str, one: Item, expected: str) -> None:
    assert shown(value, one, rows="tax" if "tax." in value else "invoice") == expected


def test_expression_of_an_amount_is_written_as_the_file_writes_amounts() -> None:
    assert shown("signed(totals.vat)", CREDIT, decimal_mark=",") == "-5,00"
    assert shown("if_empty(due_date, issue_date)", item(), date_format="DD/MM/YYYY") == "22/03/2026"


@pytest.mark.parametrize(
    ("value", "one", "code"),
    [
        ('map(currency, "EUR" = "x")', item(), "value_unmapped"),
        ("number(custom.c, 2)", MONEY, "too_many_decimals"),
        ("cents(custom.c)", MONEY, "too_many_decimals"),
        ("cents(custom.c)", item(content={"custom": {"c": "12,5"}}), "value_unfit"),
        ('date(custom.c, "YYYYMMDD")', item(content={"custom": {"c": "20.02.2026"}}), "value_unfit"),
        ("concat(custom.c, order_reference)", item(), None),
        ("left(party.name, 4)", item(party_name="Ærø Havn"), None),
    ],
)
def test_expression_that_cannot_be_is_a_finding(value: str, one: Item, code: str | None) -> None:
    assert found(value, one) == code


@pytest.mark.parametrize("quantity", ["=1+1", "abc", "1E5", "1,5", "NaN", "\u0661", "+5", "5."])
def test_number_of_a_line_that_is_none_is_a_finding(quantity: str) -> None:
    lines = {"lines": [{"id": "1", "quantity": "1"}, {"id": "2", "quantity": quantity}]}
    of = {"columns": ["line.quantity"], "rows": "line"}
    problem = CSV.problem(item(content=lines), batch(of))
    assert problem is not None
    assert (problem.code, problem.column) == ("value_unfit", "Quantity")
    as_text = {"columns": [{"source": "line.quantity", "kind": "text"}], "rows": "line"}
    assert CSV.problem(item(content=lines), batch(as_text)) is None


@pytest.mark.parametrize(("text", "guarded"), [("-1.5", "-1.5"), ("=1+1", "'=1+1"), ("-cmd", "'-cmd")])
def test_number_shown_as_text_begins_no_formula(tmp_path: Path, text: str, guarded: str) -> None:
    of = batch({"columns": [{"source": "line.quantity", "kind": "text"}], "rows": "line", "header": False})
    one = item(content={"lines": [{"quantity": text}]})
    assert written(tmp_path, CSV, of, [one])[0].read_text().rstrip() == guarded


def test_expression_that_is_empty_or_too_long_is_a_finding_where_that_is_said() -> None:
    assert found("if_empty(order_reference, contract_reference)", item(), required=True) == "value_missing"
    assert found('concat(number, "-", number)', item("12345"), width=10) == "value_too_long"
    assert found('concat(number, "-", number)', item("12345"), width=11) is None


def test_characters_beyond_the_charset_are_a_finding_and_others_are_written() -> None:
    columns = {"columns": ["party.name"], "charset": "windows-1252", "header": False}
    assert CSV.problem(item(party_name="株式会社"), batch(columns)) is not None
    out = io.BytesIO()
    CSV.write(batch(columns), lambda: iter([item(party_name="Æther €")]), out)
    assert out.getvalue() == "Æther €\r\n".encode("cp1252")


def test_rows_of_the_file_that_do_not_fit_keep_it_from_being_written() -> None:
    last = {"source": "file.total", "width": 4, "justify": "right", "fill": "0"}
    for layout, code in (
        ({"columns": ["number"], "last": [[last]]}, "value_too_long"),
        ({"columns": ["number"], "first": [["entity.name"]], "charset": "ascii"}, "character_not_carried"),
    ):
        of = batch(layout, entity="Ærø")
        with pytest.raises(InvalidInput) as refused:
            CSV.write(of, lambda: iter([item()]), io.BytesIO())
        assert refused.value.code == code


def test_once_shows_a_value_in_the_first_row_alone(tmp_path: Path) -> None:
    columns = [{"source": "number", "once": True}, {"source": "totals.payable", "once": True}, "line.id"]
    lines = {"lines": [{"id": "1"}, {"id": "2"}]}
    of = batch({"columns": columns, "rows": "line", "header": False})
    path, totals = written(tmp_path, CSV, of, [item("A", content=lines), item("B", serial=2, content=lines)])
    assert path.read_text() == "A,123.45,1\n,,2\nB,123.45,1\n,,2\n"
    assert totals.control == {"amount_column": "246.90"}


def test_other_rows_stand_before_between_and_after(tmp_path: Path) -> None:
    layout = {
        "columns": ["number", "currency", "signed_payable"],
        "first": [[{"constant": "H"}, "posting_date"]],
        "after": [[{"constant": "E"}]],
        "last": [["file.documents", "file.rows", "file.total", {"value": "cents(file.total)"}]],
    }
    items = [item("A"), item("B", serial=2, document_type="credit_note", amount=1)]
    path, totals = written(tmp_path, CSV, batch(layout), items)
    assert path.read_text().split("\n") == [
        "H,2026-03-02",
        "Invoice number,Currency,Amount due (signed)",
        "A,USD,123.45",
        "E",
        "B,USD,-0.01",
        "E",
        "2,2,123.44,12344",
        "",
    ]
    assert totals.sums == {"USD": 12_344}
    path.write_text(path.read_text().replace("2,2,123.44", "2,3,123.44"), newline="")
    with pytest.raises(InvalidInput, match=r"file\.rows"):
        CSV.read_back(path, batch(layout))


def test_file_that_tells_its_total_is_of_one_currency() -> None:
    of = batch({"columns": ["number"], "last": [["file.total"]]})
    items = [item("A"), item("B", serial=2, currency="EUR"), item("C", serial=3)]
    assert [(number, each.code) for number, each in CSV.problems(items, of)] == [(2, "currencies_mixed")]


BOOKED = {
    "columns": ["number", "row.type", "row.side", "row.debit", "row.credit", "row.amount", "row.account"],
    "rows": "accounting",
    "header": False,
}
money = st.integers(-(10**9), 10**9)


@given(
    lines=st.lists(money, max_size=5),
    taxes=st.lists(money, max_size=3),
    beside=st.tuples(money, money, money, money),
    kinds=st.tuples(st.sampled_from(["payable", "receivable"]), st.sampled_from(["invoice", "credit_note"])),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_bookings_debits_equal_credits_whatever_the_invoice_holds(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[int],
    taxes: list[int],
    beside: tuple[int, int, int, int],
    kinds: tuple[str, str],
    currency: str,
) -> None:
    def text(minor: int) -> str:
        return amount_text(minor, currency)

    allowance, charge, paid, rounding = beside
    payable = sum(lines) - (allowance - charge if lines else 0) + sum(taxes) - paid + rounding
    content = {
        "lines": [{"net": text(net)} for net in lines],
        "vat_breakdown": [{"amount": text(tax)} for tax in taxes],
        "allowances": [{"amount": text(allowance)}],
        "charges": [{"amount": text(charge)}],
        "totals": {"paid": text(paid), "rounding": text(rounding), "payable": text(payable)},
    }
    one = item(amount=payable, currency=currency, content=content, direction=kinds[0], document_type=kinds[1])
    assert CSV.problem(one, batch(BOOKED)) is None
    path, totals = written(tmp_path_factory.mktemp("booked"), CSV, batch(BOOKED), [one])
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    debit, credit = (sum(Decimal(row[place] or 0) for row in rows) for place in (3, 4))
    assert debit == credit
    assert all(Decimal(row[3] or 0) >= 0 <= Decimal(row[4] or 0) for row in rows)
    (owed,) = [row for row in rows if row[1] == "total"]
    turned = (kinds[0] == "receivable") != (kinds[1] == "credit_note")
    assert Decimal(owed[5]) == Decimal(text(payable)) * (1 if turned else -1)
    assert totals.control["row.amount"] == "0"


def test_bookings_that_do_not_balance_are_a_finding() -> None:
    content = {"lines": [{"net": "100.00"}], "totals": {"payable": "123.45"}}
    problem = CSV.problem(item(content=content), batch(BOOKED))
    assert problem is not None
    assert (problem.code, "-23.45 USD" in problem.reason) == ("rows_unbalanced", True)
    short = CSV.problem(item(content={"lines": [{"net": "0.001"}]}), batch(BOOKED))
    assert short is not None
    assert short.code == "too_many_decimals"


FIXED_LAYOUT: dict[str, Any] = {
    "columns": [
        {"source": "number", "width": 8},
        {"value": "cents(signed_payable)", "header": "Cents", "width": 10, "justify": "right", "fill": "0"},
        {"source": "currency", "width": 3},
        {"source": "party.name", "width": 12, "justify": "right"},
    ],
    "header": False,
}


def test_fixed_lines_are_of_one_length_and_read_back(tmp_path: Path) -> None:
    items = [
        item("A"),
        item("B", serial=2, document_type="credit_note", amount=5),
        item("", serial=3, amount=0),
    ]
    path, totals = written(tmp_path, FIXED, batch(FIXED_LAYOUT), items)
    assert path.read_bytes().split(b"\r\n") == [
        b"A       0000012345USD Acme Supply",
        b"B       -000000005USD Acme Supply",
        b"        0000000000USD Acme Supply",
        b"",
    ]
    assert totals.sums == {"USD": 12_340}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"12345USD", b"12346USD"),
        (b"USD", b"USDX"),
        (b"B ", b"B"),
        (b"T2", b"T3"),
        (b"\r\nB", b"\nB"),
        (b"No", b"Na"),
    ],
)
def test_fixed_file_that_was_changed_does_not_read_back(tmp_path: Path, before: bytes, after: bytes) -> None:
    headers = ("No", "Cents", "Cur", "Name")
    columns = [
        {**column, "header": header} for column, header in zip(FIXED_LAYOUT["columns"], headers, strict=True)
    ]
    last = [[{"constant": "T", "width": 1}, {"source": "file.rows", "width": 9}]]
    of = batch({"columns": columns, "last": last})
    path, totals = written(tmp_path, FIXED, of, [item("A"), item("B", serial=2)])
    data = path.read_bytes()
    assert before in data
    path.write_bytes(data.replace(before, after, 1))
    try:
        differences = totals.differences(FIXED.read_back(path, of))
    except InvalidInput as damage:
        differences = [damage.code]
    assert differences


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"columns": ["number"]}, "columns_without_width"),
        ({"columns": [{"source": "number", "width": 3}], "header": True}, "columns_without_width"),
        ({**FIXED_LAYOUT, "last": [[{"constant": "T"}]]}, "columns_without_width"),
        (FIXED_LAYOUT, None),
    ],
)
def test_fixed_mapping_without_widths_is_refused_before_anything_is_touched(
    change: dict[str, Any], code: str | None
) -> None:
    found = FIXED.check_settings({}, batch(change).columns)
    assert [each.code for each in found] == ([code] if code else [])
    assert FIXED.check_settings({}, None)


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (item("123456789"), "value_too_long"),
        (item(amount=10**11), "value_too_long"),
        (item("A\nB"), "character_not_carried"),
        (item("A\u2028"), "character_not_carried"),
        (item("=1+1"), None),
    ],
)
def test_fixed_value_that_does_not_fit_is_a_finding(one: Item, code: str | None) -> None:
    assert [each.code for each in FIXED.findings(one, batch(FIXED_LAYOUT))] == ([code] if code else [])


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["=1+1", "@cmd", "+1", "-1", '"', "a,b;c\td|e", "a\r\nb", "\x00", "مرحبا", "日本", "0012", "'x"]
)


@given(cells=st.lists(st.tuples(text, text, text, st.integers(-(10**9), 10**9)), max_size=6))
def test_hostile_texts_come_back_as_they_were_or_are_refused(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str, str, int]]
) -> None:
    items = [
        item(number, party_name=name, amount=amount, serial=serial, content={"custom": {"c": own}})
        for serial, (number, name, own, amount) in enumerate(cells, 1)
    ]
    columns = [
        {"value": 'concat(number, "|", custom.c)', "header": "a"},
        "party.name",
        "currency",
        "signed_payable",
    ]
    folder = tmp_path_factory.mktemp("hostile")
    of = batch({"columns": columns, "header": False})
    path, _ = written(folder, CSV, of, items, "csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    wanted = [[f"{one.number}|{one.content['custom']['c']}", one.party_name] for one in items]
    guarded = [[f"'{cell}" if cell[:1] in set("=+-@\t\r") else cell for cell in row] for row in wanted]
    assert [row[:2] for row in rows] == guarded
    problems = dict(FIXED.problems(items, batch(FIXED_LAYOUT)))
    carried = [one for one in items if one.item_id not in problems]
    path, _ = written(folder, FIXED, batch(FIXED_LAYOUT), carried, "fixed")
    lines = path.read_bytes().decode().split("\r\n")[:-1]
    assert [line[:8].rstrip(" ") for line in lines] == [one.number.rstrip(" ") for one in carried]
    assert [int(line[8:18]) for line in lines] == [one.signed for one in carried]
