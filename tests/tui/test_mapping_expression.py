"""The line of an expression: what it completes, what it makes of a column, and why it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from models.columns.column import column_of
from tui.mapping_draft import Draft
from tui.screens.mapping_expression import Completing, is_call, line_of, shown_by, wrong_with


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("conc", "concat("),
        ("concat(party.nu", "concat(party.number"),
        ("if_empty(order_ref", "if_empty(order_reference"),
        ("custom.Co", "custom.Cost_centre"),
        ('concat(number, "par', None),
        ("concat(number, ", None),
        ("zzz", None),
    ],
)
def test_last_word_is_completed_but_not_inside_a_text(typed: str, completed: str | None) -> None:
    assert Completing(["custom.Cost_centre", "number"]).completed(typed) == completed


@pytest.mark.parametrize(
    "data",
    [
        {"source": "party.name"},
        {"source": "custom.Cost centre"},
        {"source": 'line.custom.a "b"'},
        {"constant": 'say "x"'},
        {"value": 'concat(number, "-")'},
    ],
)
def test_line_says_what_the_column_shows_and_gives_it_back(data: dict[str, Any]) -> None:
    assert shown_by(line_of(data)) == data
    assert wrong_with(line_of(data)) == ""
    assert column_of(data, "x")


@pytest.mark.parametrize(
    ("line", "why"),
    [("concat(", "ends too early"), ("nubmer", "no such field"), ("left(number)", "1 arguments")],
)
def test_line_that_cannot_be_says_why(line: str, why: str) -> None:
    assert why in wrong_with(line)
    assert not is_call(line)


def test_words_that_are_sought_are_no_expression() -> None:
    assert not any(is_call(text) for text in ("number", "due date", '"text"', "12"))
    assert is_call("left(number, 3)")


def test_rows_that_are_no_bookings_lose_what_only_bookings_have() -> None:
    columns = [{"source": "number"}]
    booked = Draft.of({"columns": columns, "rows": "accounting", "row_types": ["line"], "bom": True})
    assert booked.written({"rows": "accounting"}).layout["row_types"] == ["line"]
    assert booked.written({"rows": "line"}).layout == {"columns": columns, "rows": "line", "bom": True}
