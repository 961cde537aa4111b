"""XLSX as openpyxl reads it: numbers to the cent, texts as they are, what Excel cannot hold refused."""

from __future__ import annotations

import io
import re
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InvalidInput
from tests.worker.format_cases import batch, item, written
from worker.formats import Batch, Item
from worker.formats.xlsx import Xlsx, limits, sheet
from worker.formats.xlsx.parts import SHEET

XLSX = Xlsx()
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def opened(path: Path) -> Any:
    """The workbook as openpyxl reads it."""
    return openpyxl.load_workbook(io.BytesIO(path.read_bytes()))


def cells(path: Path) -> list[list[Any]]:
    """Every cell as openpyxl gives it; Excel's own escapes (ECMA-376, 22.9.2.19) taken back."""
    rows = opened(path).active.iter_rows(values_only=True)
    return [[_plain(cell) for cell in row] for row in rows]


def _plain(cell: object) -> object:
    if not isinstance(cell, str):
        return "" if cell is None else cell
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), cell)


def test_xlsx_has_numbers_as_numbers_days_as_days_and_account_numbers_as_text(tmp_path: Path) -> None:
    columns = [
        "number",
        "issue_date",
        "due_date",
        "signed_payable",
        "account.number",
        "invoice_id",
        "currency",
    ]
    of = batch({"columns": [*columns, {"header": "Code", "constant": "007"}], "date_format": "DD.MM.YYYY"})
    items = [item("0001", due_date=None), item("C-1", document_type="credit_note", serial=2)]
    path, totals = written(tmp_path, XLSX, of, items)
    book = opened(path)
    page = book.active
    assert page.freeze_panes == "A2"
    assert (page["A1"].value, page["A1"].font.b, page["A1"].data_type) == ("Invoice number", True, "s")
    assert (page["A2"].value, page["A2"].number_format) == ("0001", "@")
    assert (page["B2"].value.date().isoformat(), page["B2"].number_format) == ("2026-02-20", "dd.mm.yyyy")
    assert page["C2"].value is None
    assert (page["D2"].value, page["D3"].value, page["D2"].number_format) == (123.45, -123.45, "0.00")
    assert (page["E2"].value, page["F2"].value, page["H2"].value) == ("1234567", 1001, "007")
    assert b"<v>123.45</v>" in zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml")
    assert (totals.items, totals.records, totals.sums) == (2, 2, {"USD": 0})


@pytest.mark.parametrize(
    ("currency", "amount", "format_"),
    [("USD", 5, "0.00"), ("JPY", 5, "0"), ("KWD", 5, "0.000"), ("CLF", 5, "0.0000")],
)
def test_xlsx_amounts_show_the_decimals_of_their_currency(
    tmp_path: Path, currency: str, amount: int, format_: str
) -> None:
    path, _ = written(
        tmp_path, XLSX, batch({"columns": ["totals.payable"]}), [item(currency=currency, amount=amount)]
    )
    assert opened(path).active["A2"].number_format == format_


@pytest.mark.parametrize(
    ("content", "column", "code"),
    [
        ({"notes": ["x" * 32_768]}, "notes", "cell_too_long"),
        ({"notes": ["x" * 32_767]}, "notes", None),
        ({"notes": ["bell \a"]}, "notes", "character_not_carried"),
        ({"notes": ["\ufffe"]}, "notes", "character_not_carried"),
        ({"totals": {"vat": "1234567890123456.00"}}, "totals.vat", "too_many_digits"),
        ({"notes": ["bell \a"]}, "number", None),
        ({"custom": {"c": "x"}}, "custom.c", None),
        ({}, "custom.c", "mapping_column_missing"),
    ],
)
def test_xlsx_what_a_cell_cannot_hold_is_a_finding(content: Any, column: str, code: str | None) -> None:
    of, one = batch({"columns": [column]}), item(content=content)
    found = XLSX.problem(one, of)
    assert (found.code if found else None) == code
    assert [each.code for _, each in XLSX.problems([one], of)] == ([code] if code else [])


def test_xlsx_day_that_spreadsheets_do_not_know_is_a_finding(tmp_path: Path) -> None:
    of = batch({"columns": ["issue_date", "period.start"]})
    early = [item(issue_date="1900-02-28"), item(content={"period": {"start": "0999-12-31"}})]
    assert [XLSX.problem(one, of) and dict(XLSX.problems([one], of))[1].code for one in early] == [
        "day_too_early",
        "day_too_early",
    ]
    first = item(issue_date="1900-03-01", content={"period": {"start": "9999-12-31"}})
    assert list(XLSX.problems([first], of)) == []
    path, _ = written(tmp_path, XLSX, of, [first])
    assert [cell.date().isoformat() for cell in cells(path)[1]] == ["1900-03-01", "9999-12-31"]


def test_xlsx_more_rows_than_a_sheet_has_wait_for_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ROWS", 4)
    of = batch({"columns": ["line.id"], "rows": "line"})
    two = {"lines": [{"id": "1"}, {"id": "2"}]}
    items = [item(str(number), serial=number, content=two) for number in (1, 2)]
    items.append(item("3", serial=3, content={"lines": [{"id": "1"}]}))
    assert [(number, found.code) for number, found in XLSX.problems(items, of)] == [(2, "file_full")]


def test_xlsx_rows_of_other_columns_are_refused_before_anything_is_touched() -> None:
    of = batch({"columns": ["number"], "last": [["file.rows"]]})
    assert [found.code for found in XLSX.check_settings({}, of.columns)] == ["rows_of_other_columns"]


def test_xlsx_letters_go_on_after_z() -> None:
    names = sheet.letters(703)
    assert (names[0], names[25], names[26], names[701], names[702]) == ("A", "Z", "AA", "ZZ", "AAA")


def test_xlsx_written_twice_is_the_same_bytes(tmp_path: Path) -> None:
    items = [item("A"), item("B", serial=2)]
    once, again = (written(tmp_path, XLSX, batch(), items, name)[0].read_bytes() for name in "ab")
    assert once == again


@pytest.mark.parametrize(("before", "after"), [(b"123.45", b"123.46"), (b"INV-2", b"</t>"), (b"</row>", b"")])
def test_xlsx_that_was_changed_does_not_read_back(tmp_path: Path, before: bytes, after: bytes) -> None:
    of = batch({"columns": ["number", "currency", "signed_payable"]})
    path, totals = written(tmp_path, XLSX, of, [item("INV-1"), item("INV-2", serial=2)])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data.replace(before, after, 1) if name == SHEET else data)
    assert _faults(path, of, totals)


def _faults(path: Path, of: Batch, totals: Any) -> list[str]:
    try:
        return list(totals.differences(XLSX.read_back(path, of)))
    except InvalidInput as damage:
        return [damage.message] if damage.code == "file_damaged" else []


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    [
        "=1+1",
        "_x0041_",
        "_x005F_",
        "a\r\nb",
        " x ",
        "\t",
        "<&>]]>",
        '"quoted"',
        "\U0001d518",
        "مرحبا",
        "00123",
    ]
)


@given(rows=st.lists(st.tuples(text, text, st.integers(-(10**12), 10**12), st.booleans()), max_size=6))
def test_xlsx_read_by_another_reader_has_every_text_and_every_cent(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, int, bool]]
) -> None:
    of = batch({"columns": ["number", "custom.c", "currency", "signed_payable", "invoice_id"]})
    items: list[Item] = []
    for serial, (number, own, amount, credit) in enumerate(rows, start=1):
        kind = "credit_note" if credit else "invoice"
        content = {"custom": {"c": own or "-"}}
        items.append(item(number, amount=amount, document_type=kind, serial=serial, content=content))
    problems = dict(XLSX.problems(items, of))
    carried = [one for one in items if one.item_id not in problems]
    path, _ = written(tmp_path_factory.mktemp("xlsx"), XLSX, of, carried)
    found = cells(path)[1:]
    assert [row[:2] for row in found] == [[one.number, one.content["custom"]["c"]] for one in carried]
    assert [Decimal(str(row[3])) for row in found] == [Decimal(one.signed).scaleb(-2) for one in carried]
    assert all(
        limits._IMPOSSIBLE.search(f"{one.number}{one.content['custom']['c']}")
        for one in items
        if one.item_id in problems
    )
