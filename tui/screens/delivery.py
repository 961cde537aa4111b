"""One delivery: what went where, how it ended; and, when nobody knows whether it arrived, the two answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.text import Text

from models import file_list
from models.audit import AuditEntry
from models.deliveries import DeliveryState
from models.file_list import Sent
from tui import wording
from tui.kit.commands import Command
from tui.kit.detail import DetailScreen, Entry, Neighbour, Section
from tui.screens import carried
from tui.screens.resolve import ARRIVED, NOT_ARRIVED, resolve_screen
from tui.widgets.cells import state_style
from tui.widgets.rows import Source
from tui.widgets.table import Column

_LOOK = "look whether the file is there, then say which: Y it arrived, N it did not"
JOB = Command(
    name="job",
    key="v",
    title="Job",
    help="to the job that made the file",
    cli="waybill job show",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDetail:
    """A delivery and what people did about it."""

    sent: Sent
    acts: Sequence[AuditEntry]


class DeliveryScreen(DetailScreen[DeliveryDetail]):
    """One file's way through one gateway."""

    SECTIONS = (
        carried.SECTION,
        Section(
            "acts",
            "said by people",
            (
                Column("at", "AT UTC", 13),
                Column("who", "WHO", 24),
                Column("what", "WHAT", 12),
                Column("why", "WHY", 0),
            ),
            "Nobody has said anything about it.",
        ),
    )
    ACTS: ClassVar[Sequence[Command]] = (ARRIVED, NOT_ARRIVED, JOB)

    def __init__(self, which: Any, neighbour: Neighbour | None = None) -> None:
        super().__init__(which, neighbour)

    def crumb(self) -> str:
        """Its number."""
        return f"delivery {self.which}"

    def reader(self) -> Callable[[], DeliveryDetail]:
        """The delivery; its invoices come in pages."""
        actor, delivery_id = self.waybill.actor, self.which

        def read() -> DeliveryDetail:
            sent = file_list.find_delivery(actor, delivery_id)
            said = AuditEntry.select().where(
                AuditEntry.subject == "delivery", AuditEntry.subject_id == delivery_id
            )
            return DeliveryDetail(sent=sent, acts=list(said.order_by(AuditEntry.id)))

        return read

    def summary(self, data: DeliveryDetail) -> Iterable[tuple[str, Text]]:
        """What, where to, how it stands, what to do."""
        sent = data.sent
        head = Text(f"{sent.id}  ", "bold").append(
            wording.state_text(sent.state), state_style(sent.state) or "bold"
        )
        head.append(f"  {wording.one_line(sent.facility)}, {wording.one_line(sent.entity)}", "not bold")
        yield "Sent", head
        yield "File", _text(f"{sent.file}, {wording.counted(sent.items, 'item')}, of job {sent.job_id}")
        yield "To", _text(f"{sent.target}, by {sent.gateway}")
        began, ended = wording.both_times(sent.started_at), wording.both_times(sent.finished_at)
        yield "When", _text(f"began {began}; ended {ended}")
        if sent.reason:
            yield "Why", _text(sent.reason)
        if sent.state is DeliveryState.UNKNOWN:
            yield "To do", _text(_LOOK)

    def entries(self, section: str, data: DeliveryDetail) -> Sequence[Entry] | Source[Entry]:
        """The rows of a part."""
        if section == carried.SECTION.key:
            return carried.Invoices(data.sent.file_id, data.sent.items)
        return [_act(each) for each in data.acts]

    def numbers(self, data: DeliveryDetail) -> Mapping[str, int]:
        """How much there is of each part."""
        return {**super().numbers(data), carried.SECTION.key: data.sent.items}

    def why_not(self, name: str) -> str:
        """Only what is unknown can be resolved."""
        if self.data is None:
            return "it is being read"
        state = self.data.sent.state
        if name == JOB.name or state is DeliveryState.UNKNOWN:
            return ""
        return f"it is {state}, not unknown"

    def do_arrived(self) -> None:
        """Plan for the answer."""
        self._answer(arrived=True)

    def do_not_arrived(self) -> None:
        """Plan for the answer."""
        self._answer(arrived=False)

    def _answer(self, *, arrived: bool) -> None:
        which = self.which
        screen = resolve_screen(self.waybill, 1, lambda: [which], arrived=arrived)
        self.app.push_screen(screen, lambda _: self.load())

    def do_job(self) -> None:
        """The job in full."""
        if self.data is not None:
            self.waybill.open(f"job/{self.data.sent.job_id}")


def _act(entry: AuditEntry) -> Entry:
    answer = (entry.after or {}).get("state", "")
    texts = {
        "at": wording.short_time(entry.at),
        "who": entry.actor,
        "what": f"{entry.action}: {answer}",
        "why": entry.reason,
    }
    full = f"{wording.both_times(entry.at)}, {entry.actor}: {entry.action}, {answer}\n{entry.reason}"
    return Entry(entry.id, texts, full)


def _text(text: str) -> Text:
    return Text(wording.one_line(text))
