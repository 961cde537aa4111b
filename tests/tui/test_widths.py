"""How columns share the width: as declared, until one has what another lacks."""

from __future__ import annotations

from tui.widgets.table.columns import Column
from tui.widgets.table.widths import Widths

COLUMNS = (
    Column("id", "JOB", 9),
    Column("name", "FACILITY", 12),
    Column("wide", "ONLY WHERE WIDE", 20, at=100),
    Column("what", "WHAT HAPPENED", 0),
)


def widths(width: int, *rows: dict[str, str]) -> dict[str, int]:
    made = Widths(COLUMNS)
    for row in rows:
        made.see(row)
    fitted = made.fitted(width)
    assert sum(column.width for column in fitted) == width - 2, "as wide as the table, less its signs"
    return {column.key: column.width for column in fitted}


def test_columns_are_as_declared_while_nothing_is_cut_that_need_not_be() -> None:
    assert widths(60) == {"id": 9, "name": 12, "what": 37}
    assert widths(60, {"id": "1", "name": "Bank", "what": "w" * 36}) == {"id": 9, "name": 12, "what": 37}


def test_name_that_is_cut_takes_what_the_rest_does_not_need_then_what_others_do_not() -> None:
    name = "Accounts payable"
    assert widths(60, {"id": "1", "name": name, "what": "sent"}) == {"id": 9, "name": 17, "what": 32}
    assert widths(60, {"id": "1", "name": name, "what": "w" * 36}) == {"id": 4, "name": 17, "what": 37}
    assert widths(60, {"id": "12345678", "name": name, "what": "w" * 50}) == {"id": 9, "name": 12, "what": 37}


def test_text_of_the_rest_takes_what_no_name_wants() -> None:
    assert widths(60, {"id": "12", "name": "Bank", "what": "w" * 90}) == {"id": 4, "name": 9, "what": 45}
    assert widths(60, {"id": "12", "name": "Accounts", "what": "w" * 41}) == {"id": 4, "name": 12, "what": 42}


def test_titles_and_what_is_in_sight_are_never_cut_for_a_longer_name() -> None:
    found = widths(
        60, {"id": "1", "name": "n" * 90, "what": "sent"}, {"id": "1234", "name": "x", "what": "-"}
    )
    assert found == {"id": 5, "name": 39, "what": 14}


def test_width_once_taken_stays_until_another_list_comes() -> None:
    made = Widths(COLUMNS)
    made.see({"name": "Accounts payable", "what": "sent"})
    made.see({"name": "Bank", "what": "sent"})
    assert [column.width for column in made.fitted(60)] == [9, 17, 32]
    made.forget()
    assert [column.width for column in made.fitted(60)] == [9, 12, 37]


def test_wide_characters_count_as_two() -> None:
    assert widths(60, {"name": "北部銀行支店", "what": "sent"})["name"] == 13
