"""The invoices in a file, as a part of the screens of a file and of a delivery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models import file_list
from models.file_list import Carried
from models.paging import Seek
from tui import wording
from tui.kit.detail import Entry, Section
from tui.widgets.cells import state_style
from tui.widgets.rows import Source
from tui.widgets.table import Cell, Cells, Column

SECTION = Section(
    "invoices",
    "invoices",
    (
        Column("number", "INVOICE", 20),
        Column("party", "PARTY", 20),
        Column("amount", "AMOUNT", 16, right=True),
        Column("now", "NOW", 0),
    ),
    "It carries no invoices of its own: it repeats another file, or was never written.",
)


class Invoices(Source[Entry]):
    """What a file carries; there may be a hundred thousand."""

    def __init__(self, file_id: int, items: int) -> None:
        self._file_id = file_id
        self._items = items

    def page(self, seek: Seek) -> Sequence[Entry]:
        """The rows wanted."""
        return [_entry(each) for each in file_list.carried(self._file_id, seek)]

    def total(self) -> int:
        """How many there are."""
        return self._items

    def key(self, row: Entry) -> Any:
        """The invoice's id."""
        return row.key


def _entry(one: Carried) -> Entry:
    amount = f"{one.amount} {one.currency}"
    now = wording.state_text(one.now) if one.now else "- not of this destination any more"
    waits = ", until somebody says whether it arrived" if one.waits else ""
    by = f", job {one.now_job_id}" if one.now_job_id else ""
    texts: Cells = {
        "number": one.number,
        "party": one.party,
        "amount": amount,
        "now": Cell(f"{now}{waits}{by}", state_style(one.now)),
    }
    full = wording.one_line(f"{one.number}, {one.party}, {amount}: now {now[2:]}{waits}{by}")
    return Entry(one.invoice_id, texts, full)
