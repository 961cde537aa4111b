"""One batch file: what is in it, its totals and hash, where its copies went; and sending it once more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.text import Text

from models import file_list
from models.deliveries import DeliveryState
from models.file_list import Sent, Written
from tui import wording
from tui.kit.commands import Command
from tui.kit.detail import DetailScreen, Entry, Neighbour, Section
from tui.screens import carried
from tui.screens.delivery import JOB, DeliveryScreen
from tui.screens.repeat import REPEAT, repeat_screen
from tui.screens.reverse import REVERSE, reverse_screen
from tui.widgets.cells import state_style
from tui.widgets.rows import Source
from tui.widgets.table import Cell, Cells, Column


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDetail:
    """A file and its deliveries."""

    file: Written
    ways: Sequence[Sent]


class FileScreen(DetailScreen[FileDetail]):
    """One file of a job."""

    SECTIONS = (
        carried.SECTION,
        Section(
            "deliveries",
            "deliveries",
            (
                Column("state", "STATE", 13),
                Column("gateway", "BY", 8),
                Column("at", "ENDED UTC", 13),
                Column("target", "TO", 0),
            ),
            "It was not handed over yet.",
        ),
    )
    ACTS: ClassVar[Sequence[Command]] = (REPEAT, REVERSE, JOB)

    def __init__(self, which: Any, neighbour: Neighbour | None = None) -> None:
        super().__init__(which, neighbour)

    def crumb(self) -> str:
        """Its number."""
        return f"file {self.which}"

    def reader(self) -> Callable[[], FileDetail]:
        """The file; its invoices come in pages."""
        actor, file_id = self.waybill.actor, self.which
        return lambda: FileDetail(
            file=file_list.find_file(actor, file_id), ways=file_list.deliveries_of(file_id)
        )

    def summary(self, data: FileDetail) -> Iterable[tuple[str, Text]]:
        """Name, totals, hash, and whose it is."""
        file = data.file
        head = Text(f"{file.id}  {wording.one_line(file.name)}  ", "bold")
        yield "File", head.append(wording.state_text(file.state), state_style(file.state))
        yield "Of", _text(f"job {file.job_id}, {file.facility}, {file.entity}")
        counted = f"{wording.counted(file.items, 'item')}, {file.format}, {file.size:,} bytes"
        sums = ", ".join(f"{currency} {amount}" for currency, amount in file.totals)
        yield "Totals", _text(f"{counted}; {sums or 'no sums'}")
        if file.control:
            yield "Counts", _text(", ".join(f"{name} {value}" for name, value in file.control))
        yield "Sha256", _text(file.sha256 or "not written yet")
        if file.repeats is not None:
            yield "Again", _text(f"the very same bytes as file {file.repeats}")

    def entries(self, section: str, data: FileDetail) -> Sequence[Entry] | Source[Entry]:
        """The rows of a part."""
        if section == carried.SECTION.key:
            return carried.Invoices(data.file.repeats or data.file.id, data.file.items)
        return [_way(each) for each in data.ways]

    def numbers(self, data: FileDetail) -> Mapping[str, int]:
        """How much there is of each part."""
        return {**super().numbers(data), carried.SECTION.key: data.file.items}

    def open(self, entry: Entry) -> None:
        """A delivery in its own screen."""
        if self.section.key == "deliveries":
            self.app.push_screen(DeliveryScreen(entry.key))
        else:
            super().open(entry)

    def why_not(self, name: str) -> str:
        """Only what has left can be repeated, and of that only payments reversed."""
        if self.data is None:
            return "it is being read"
        if name == JOB.name:
            return ""
        if name == REVERSE.name and self.data.file.format != "nacha":
            return "it is no ACH file, so there is no payment to take back"
        left = {DeliveryState.DELIVERED, DeliveryState.CONFIRMED} & {way.state for way in self.data.ways}
        return "" if left else f"it has not left, so there is nothing to {name}"

    def do_repeat(self) -> None:
        """Plan for this file."""
        which = self.which
        screen = repeat_screen(self.waybill, f"file {which}", lambda: [which])
        self.app.push_screen(screen, lambda _: self.load())

    def do_reverse(self) -> None:
        """Plan to take its payments back."""
        self.app.push_screen(reverse_screen(self.waybill, self.which), lambda _: self.load())

    def do_job(self) -> None:
        """The job in full."""
        if self.data is not None:
            self.waybill.open(f"job/{self.data.file.job_id}")


def _way(way: Sent) -> Entry:
    texts: Cells = {
        "state": Cell(wording.state_text(way.state), state_style(way.state)),
        "gateway": way.gateway,
        "at": wording.short_time(way.finished_at),
        "target": way.target,
    }
    head = f"Delivery {way.id}: {wording.state_text(way.state)[2:]}, by {way.gateway} to {way.target}"
    full = [wording.one_line(head), wording.one_line(way.reason)]
    return Entry(way.id, texts, "\n".join(filter(None, full)))


def _text(text: str) -> Text:
    return Text(wording.one_line(text))
