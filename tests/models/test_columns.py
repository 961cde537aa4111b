from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.columns import DELIMITERS, Layout, LineEnd, Quoting, RowsPer, Sign, default_layout
from models.document_fields import FIELDS, Scope, ValueKind
from models.errors import InvalidInput
from tests.conftest import ROOT


def test_layout_from_field_names_takes_titles_and_kinds_from_the_fields() -> None:
    layout = Layout.from_dict({"columns": ["number", "due_date", "totals.payable"]})
    assert [column.header for column in layout.columns] == ["Invoice number", "Due date", "Amount due"]
    assert [column.kind for column in layout.columns] == [ValueKind.TEXT, ValueKind.DATE, ValueKind.AMOUNT]


def test_layout_custom_column_is_required_unless_said_otherwise() -> None:
    layout = Layout.from_dict(
        {"columns": ["custom.cost", {"source": "custom.job", "required": False}, "number"]}
    )
    assert [column.required for column in layout.columns] == [True, False, False]
    assert layout.columns[0].header == "cost"


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ({}, "columns"),
        ({"columns": []}, "columns"),
        ({"columns": ["nubmer"]}, "columns[1].source"),
        ({"columns": ["number", {"source": "custom."}]}, "columns[2].source"),
        ({"columns": [7]}, "columns[1]"),
        ({"columns": [{"header": "x"}]}, "columns[1]"),
        ({"columns": [{"source": "number", "constant": "x"}]}, "columns[1]"),
        ({"columns": [{"source": "number", "depth": 3}]}, "columns[1]"),
        ({"columns": [{"source": "number", "header": 3}]}, "columns[1].header"),
        ({"columns": [{"source": "number", "kind": "date"}]}, "columns[1].kind"),
        ({"columns": [{"source": "number", "sign": "signed"}]}, "columns[1].sign"),
        ({"columns": [{"source": "signed_payable", "sign": "inverted"}]}, "columns[1].sign"),
        ({"columns": [{"constant": "x", "required": True}]}, "columns[1].required"),
        ({"columns": [{"source": "number", "required": "yes"}]}, "columns[1].required"),
        ({"columns": ["line.net"]}, "columns[1]"),
        ({"columns": ["number", "number"]}, "columns"),
        ({"columns": ["number"], "rows": "page"}, "rows"),
        ({"columns": ["number"], "delimiter": ";;"}, "delimiter"),
        ({"columns": ["number"], "quoting": "none"}, "quoting"),
        ({"columns": ["number"], "line_end": "cr"}, "line_end"),
        ({"columns": ["number"], "decimal_mark": "'"}, "decimal_mark"),
        ({"columns": ["number"], "date_format": "DD.MM"}, "date_format"),
        ({"columns": ["number"], "date_format": "%d.%m.%Y"}, "date_format"),
        ({"columns": ["number"], "bom": 1}, "bom"),
        ({"columns": ["number"], "colour": "red"}, "the layout"),
    ],
)
def test_layout_that_cannot_be_names_the_key(data: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Layout.from_dict(data)
    assert refused.value.message.startswith(f"{where} ")
    assert refused.value.remedy


def test_layout_unknown_field_names_the_near_ones() -> None:
    with pytest.raises(InvalidInput, match="nubmer") as refused:
        Layout.from_dict({"columns": ["nubmer"]})
    assert refused.value.code == "unknown_field"
    assert refused.value.remedy.startswith("perhaps number ")


@pytest.mark.parametrize("route", ["ach", "other"])
def test_default_layout_of_a_route_has_known_columns_and_a_signed_amount(route: str) -> None:
    layout = default_layout(route)
    sources = [column.source for column in layout.columns]
    assert "signed_payable" in sources
    assert ("account.routing" in sources) is (route == "ach")
    assert Layout.from_dict(layout.to_dict()) == layout


_IN_BOOKINGS = sorted(path for path, field in FIELDS.items() if field.scope is not Scope.FILE)


@st.composite
def _columns(draw: st.DrawFn) -> list[Any]:
    paths = draw(st.lists(st.sampled_from(_IN_BOOKINGS), min_size=1, unique=True))
    columns: list[Any] = []
    for number, path in enumerate(paths):
        column: dict[str, Any] = {"source": path, "header": f"{number} {draw(st.text(max_size=5))}"}
        if FIELDS[path].kind is ValueKind.AMOUNT and path != "signed_payable":
            column["sign"] = draw(st.sampled_from(list(Sign)))
        columns.append(column)
    return [*columns, {"header": "c", "constant": draw(st.text(max_size=5))}]


@given(
    columns=_columns(),
    delimiter=st.sampled_from(DELIMITERS),
    quoting=st.sampled_from(list(Quoting)),
    line_end=st.sampled_from(list(LineEnd)),
    switches=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_layout_as_data_and_back_is_the_same(
    columns: list[Any], delimiter: str, quoting: Quoting, line_end: LineEnd, switches: tuple[bool, bool, bool]
) -> None:
    header, bom, guard = switches
    data: dict[str, Any] = {"columns": columns, "rows": RowsPer.ACCOUNTING, "delimiter": delimiter}
    data |= {"quoting": quoting, "line_end": line_end, "header": header, "bom": bom, "formula_guard": guard}
    layout = Layout.from_dict(data)
    assert Layout.from_dict(layout.to_dict()) == layout


def test_documentation_lists_every_key_of_a_layout() -> None:
    text = (ROOT / "docs" / "mappings.md").read_text()
    _, _, table = text.partition("| key | values, the first is the default |")
    table, _, _ = table.partition("\n\n")
    keys = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert sorted(keys) == sorted(field.name for field in fields(Layout))
