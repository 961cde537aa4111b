"""How the mapping editor shows a draft: its columns with their first values, and the rows of the file."""

from __future__ import annotations

from typing import NamedTuple

from rich.text import Text

from tui.mapping_draft import Draft, DraftColumn, field_of, written_words
from tui.screens.mapping_trial import Trial
from tui.widgets.table import Cell, Cells, Column
from tui.wording import counted, one_line

FILE_LINES = 6
"""Of the rows as the file has them, what they are included."""
_SAMPLES = 3
COLUMNS = (
    Column("place", "", 4, right=True),
    Column("header", "HEADER", 20),
    Column("shown", "SHOWS", 22),
    Column("how", "HOW", 10),
    Column("first", "FIRST ROW", 0),
    Column("second", "SECOND ROW", 20, at=100),
    Column("third", "THIRD ROW", 20, at=118),
)


class Row(NamedTuple):
    """One column as it stands in the table."""

    number: int
    place: int
    header: str
    shown: str
    how: str
    values: tuple[str, ...]
    wrong: str


def rows_of(draft: Draft, trial: Trial | None) -> list[Row]:
    """The columns, with their values in the first rows that were tried."""
    return [_row(place, column, trial) for place, column in enumerate(draft.columns, 1)]


def _row(place: int, column: DraftColumn, trial: Trial | None) -> Row:
    rows = trial.rows[:_SAMPLES] if trial else ()
    values = tuple(row[place - 1] if place <= len(row) else "" for row in rows)
    wrong = trial.wrong.get(place, "") if trial else ""
    return Row(column.number, place, column.header, column.shown, column.how, values, wrong)


def cells(row: Row) -> Cells:
    """What stands in the table."""
    first, second, third = (*row.values, *[""] * _SAMPLES)[:_SAMPLES]
    wrong = Cell("! see below", "bold")
    return {
        "place": Cell(f"! {row.place}", "bold") if row.wrong else str(row.place),
        "header": row.header or "(none)",
        "shown": row.shown,
        "how": row.how,
        "first": wrong if row.wrong and not first else first,
        "second": second,
        "third": third,
    }


def number_of(row: Row) -> int:
    """What tells a column from others."""
    return row.number


def summary_text(head: str, draft: Draft) -> Text:
    """What is edited, and how it is written."""
    words = ", ".join(written_words(draft.other))
    text = Text(head, "bold", no_wrap=True, overflow="ellipsis")
    return text.append(f", {counted(len(draft.columns), 'column')}\n{words}", "not bold")


def column_text(column: DraftColumn, wrong: str) -> Text:
    """A column in words: what is wrong with it, or what it shows."""
    if wrong:
        return Text(f"! {one_line(wrong)}", "bold")
    if column.value:
        return Text(f"An expression, once for each row.\n{column.value}")
    if not column.source:
        return Text(f"A constant: every row has {column.shown}.")
    field = field_of(column.source)
    line = ", once per line" if field.of_line else ""
    return Text(f"{field.about}\n{column.source}: {field.kind}{line}")


def file_text(trial: Trial | None, offset: int) -> Text:
    """The first rows as they stand in the file, from a column on."""
    if trial is None:
        return Text("Writing the first rows …")
    text = Text(trial.head, "bold", no_wrap=True)
    if whole := trial.wrong.get(0):
        return text.append(f"\n! {one_line(whole)}", "not bold")
    for line in trial.text.splitlines()[: FILE_LINES - 1]:
        text.append(f"\n{_printable(line)[offset:]}", "not bold")
    return text


def _printable(line: str) -> str:
    return "".join(char if char.isprintable() else "→" if char == "\t" else " " for char in line)
