"""Expressions of a mapping's columns: read, refused with the place, and nothing beyond the documented set."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.columns import Layout, WrongLayout
from models.columns.expressions import Call, Ref, Text, WrongExpression, parse, paths_of
from models.columns.functions import FUNCTIONS
from models.document_fields import FIELDS, ValueKind
from models.mapping_check import wrong_columns
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"a""b"', Text('a"b')),
        ("'it''s'", Text("it's")),
        (" number ", Ref("number")),
        ('custom."Cost centre"', Ref("custom.Cost centre")),
        ('line.custom."a ""b"""', Ref('line.custom.a "b"')),
        ("concat(number,'-',party.name)", Call("concat", (Ref("number"), Text("-"), Ref("party.name")))),
        ("left(number, 3)", Call("left", (Ref("number"), Text("3")))),
        (
            'map(currency, "EUR" = number, else = "x")',
            Call("map", (Ref("currency"),), (("EUR", Ref("number")),), Text("x")),
        ),
    ],
)
def test_parse_gives_the_tree(text: str, expected: object) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("", 1, "nothing"),
        ("concat(number", 14, "no end"),
        ("concat(number, )", 1, "an argument too few"),
        ("number party.name", 8, "two at once"),
        ("a + b", 3, "no arithmetic"),
        ("__import__('os')", 1, "no other function"),
        ("number.__class__()", 1, "nor one of a field"),
        ('"open', 1, "a text without an end"),
        ("left(number, number)", 1, "a length that is none"),
        ("left(number, 0)", 1, "nor is nothing"),
        ('date(issue_date, "%d")', 1, "another way of dates"),
        ("number(totals.vat, 9)", 1, "too many decimals"),
        ('number(totals.vat, 2, ".", ".")', 1, "twice the same mark"),
        ('map(currency, else = "x")', 1, "a map of nothing"),
        ('concat(number, "a" = "b")', 1, "pairs where none belong"),
        ("cents(totals.vat, number)", 1, "an argument too many"),
        ("signed(" * 30 + "number" + ")" * 30, 148, "nested too deep"),
        ("x" * 1001, 1000, "too long"),
    ],
)
def test_parse_refuses_the_rest_and_says_where(text: str, place: int, why: str) -> None:
    with pytest.raises(WrongExpression) as refused:
        parse(text)
    assert refused.value.place == place, why
    assert refused.value.remedy


pieces = st.sampled_from(["concat(", "map(", "number", '"', ",", "=", ")", "'x'"])


@given(st.text(max_size=60) | st.lists(pieces).map("".join))
def test_parse_of_anything_is_a_tree_or_a_refusal(text: str) -> None:
    place = 1
    try:
        paths = list(paths_of(parse(text)))
    except WrongExpression as refused:
        paths, place = [], refused.place
    assert all(paths)
    assert 1 <= place <= len(text) + 1


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("concat(number, number)", ValueKind.TEXT),
        ("if_empty(due_date, issue_date)", ValueKind.DATE),
        ("if_empty(due_date, number)", ValueKind.TEXT),
        ("signed(totals.vat)", ValueKind.AMOUNT),
        ("cents(totals.payable)", ValueKind.INTEGER),
        ("number(totals.vat, 2)", ValueKind.TEXT),
    ],
)
def test_column_of_an_expression_is_of_the_kind_it_gives(value: str, kind: ValueKind) -> None:
    assert Layout.from_dict({"columns": [{"value": value}]}).columns[0].kind is kind


@pytest.mark.parametrize(
    ("column", "where"),
    [
        ({"value": "nubmer"}, "columns[1].value"),
        ({"value": "concat(number"}, "columns[1].value"),
        ({"value": 'date(totals.vat, "YYYYMMDD")'}, "columns[1].value"),
        ({"value": "signed(due_date)"}, "columns[1].value"),
        ({"value": "signed(totals.vat)", "kind": "date"}, "columns[1].kind"),
        ({"value": "totals.vat", "sign": "signed"}, "columns[1].sign"),
        ({"value": "number", "source": "number"}, "columns[1]"),
        ({"value": "line.net"}, "columns[1]"),
        ({"value": "tax.base"}, "columns[1]"),
        ({"value": "row.debit"}, "columns[1]"),
        ({"value": "file.rows"}, "columns[1]"),
        ({"source": "number", "width": 0}, "columns[1].width"),
        ({"source": "number", "fill": "00"}, "columns[1].fill"),
        ({"source": "number", "justify": "middle"}, "columns[1].justify"),
        ({"constant": "abc", "width": 2}, "columns[1].width"),
    ],
)
def test_column_that_cannot_be_names_the_key(column: dict[str, Any], where: str) -> None:
    with pytest.raises(WrongLayout) as refused:
        Layout.from_dict({"columns": [column]})
    assert refused.value.message.startswith(f"{where} ")
    assert refused.value.column == 1


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ({"first": [["number"]]}, "first[1][1]"),
        ({"after": [["file.rows", "number"]]}, "after[1][1]"),
        ({"last": [["number"]]}, "last[1][1]"),
        ({"after": [[{"constant": "END"}]]}, "after[1]"),
        ({"last": "x"}, "last"),
        ({"charset": "ascii", "bom": True}, "bom"),
        ({"charset": "ascii", "columns": [{"source": "number", "header": "Ø"}]}, "columns[1]"),
        ({"charset": "latin-1", "columns": [{"constant": "€"}]}, "columns[1]"),
        ({"charset": "windows-1252", "first": [[{"constant": "日"}]]}, "first[1][1]"),
        ({"row_types": ["line"]}, "row_types"),
        ({"rows": "accounting", "row_types": ["lines"]}, "row_types"),
        ({"document_limit": 0}, "document_limit"),
    ],
)
def test_layout_with_other_rows_that_cannot_be_names_the_key(data: dict[str, Any], where: str) -> None:
    with pytest.raises(WrongLayout) as refused:
        Layout.from_dict({"columns": ["number"], **data})
    assert refused.value.message.startswith(f"{where} ")


def test_layout_with_everything_is_the_same_as_data_and_back() -> None:
    layout = Layout.from_dict(
        {
            "columns": [{"value": "row.amount", "header": "A", "once": True, "width": 9, "justify": "right"}],
            "rows": "accounting",
            "row_types": ["tax", "line"],
            "total_row": "first",
            "charset": "ascii",
            "first": [["posting_date", {"constant": "H"}]],
            "after": [["number", {"constant": "E"}]],
            "last": [["file.total", "file.rows"]],
            "document_limit": 500,
            "row_limit": 5000,
        }
    )
    assert Layout.from_dict(layout.to_dict()) == layout


def test_layout_saved_before_there_were_expressions_still_loads() -> None:
    saved = {
        "columns": [
            {"header": "No", "kind": "text", "source": "number", "sign": "document", "required": False}
        ],
        "rows": "invoice", "header": True, "delimiter": ",", "quoting": "minimal", "bom": False,
        "line_end": "crlf", "decimal_mark": ".", "date_format": "YYYY-MM-DD", "formula_guard": True,
    }  # fmt: skip
    assert Layout.from_dict(saved).to_dict() == saved


def test_documentation_tells_every_function_as_the_table_does() -> None:
    text = (ROOT / "docs" / "mappings.md").read_text()
    for function in FUNCTIONS.values():
        assert f"| `{function.form}` | {function.about} |" in text
        shown = parse(function.form)
        assert set(paths_of(shown)) <= set(FIELDS)


_KEYS = sorted({"source", "constant", "value", "kind", "sign", "width", "fill", "once", "justify", "header"})
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["number", "line.net"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(_KEYS) | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    columns=st.lists(_JSON, max_size=3) | _JSON,
    other=st.dictionaries(st.sampled_from(sorted(field.name for field in fields(Layout))), _JSON, max_size=4),
)
def test_layout_of_any_data_is_a_layout_or_a_refusal(columns: Any, other: dict[str, Any]) -> None:
    data = {**other, "columns": columns}
    found = wrong_columns(data)
    if found:
        with pytest.raises(WrongLayout):
            Layout.from_dict(data)
    else:
        layout = Layout.from_dict(data)
        assert Layout.from_dict(layout.to_dict()) == layout
