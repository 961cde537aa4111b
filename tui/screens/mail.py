"""One mail as it is sent: to whom, about what, and what the server said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from rich.text import Text

from models import notifications
from models.notifications import MailState, OutboxMail
from tui import wording
from tui.kit.detail import DetailScreen, Entry, Neighbour, Section
from tui.widgets.table import Column


class MailScreen(DetailScreen[OutboxMail]):
    """One mail in full."""

    SECTIONS = (Section("text", "text", (Column("text", "TEXT", 0),), "It is empty."),)
    LABEL_WIDTH = 9

    def __init__(self, which: int, neighbour: Neighbour | None = None) -> None:
        super().__init__(which, neighbour)

    def crumb(self) -> str:
        """Its number."""
        return f"mail {self.which}"

    def reader(self) -> Callable[[], OutboxMail]:
        """The mail."""
        return partial(notifications.find, self.waybill.actor, self.which)

    def summary(self, data: OutboxMail) -> Iterable[tuple[str, Text]]:
        """To whom, about what, how far it has come."""
        yield "To", Text(data.recipient, "bold")
        yield "Subject", Text(wording.one_line(data.subject))
        yield (
            "State",
            Text(f"{data.state.value.replace('_', ' ')}, tried {wording.counted(data.tries, 'time')}"),
        )
        yield "Written", Text(wording.both_times(data.created_at))
        if data.state == MailState.SENT:
            yield "Sent", Text(wording.both_times(data.sent_at))
        if data.last_error:
            yield "Answer", Text(wording.one_line(data.last_error))
        if data.job_id:
            yield "About", Text(f"job {data.job_id}: waybill open job/{data.job_id}")

    def entries(self, section: str, data: OutboxMail) -> Sequence[Entry]:  # noqa: ARG002 - there is one
        """Its lines."""
        return [
            Entry(number, {"text": line}, line) for number, line in enumerate(data.body.splitlines()) if line
        ]
