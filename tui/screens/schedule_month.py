"""A month of one schedule as a calendar: what ran, how it ended, what is planned."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from models import schedules
from tui import schedule_calendar
from tui.kit.live import LiveScreen, key
from tui.schedule_calendar import Month
from tui.widgets.lines import Banner, HeadLine, KeyLine


class MonthScreen(LiveScreen):
    """The month that it is, then those before and after it."""

    NAME = "month"
    DEFAULT_CSS = "MonthScreen #month { padding: 0 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("left,left_square_bracket", "turn(-1)", "Month before", "what ran before", shown="←"),
        key("right,right_square_bracket", "turn(1)", "Next month", "what is planned", shown="→"),
        key("home,g", "turn(0)", "This month", "the month that it is", shown="home"),
        key("escape,backspace", "back", "Back", shown="esc"),
    ]

    def __init__(self, which: int) -> None:
        super().__init__()
        self._which = which
        self._shown: date | None = None
        """The first day of the month; None before one is known to be this one."""

    def compose(self) -> ComposeResult:
        """Head, trouble, the month, keys."""
        yield HeadLine(id="head")
        yield Banner(id="banner")
        with VerticalScroll(id="body"):
            yield Static(id="month")
        yield KeyLine(id="keys")

    def load(self) -> None:
        """Read the month shown."""
        actor, which, first = self.waybill.actor, str(self._which), self._shown
        self.ask(lambda: schedule_calendar.read(schedules.seen(actor, which), first), self._show)

    def _show(self, month: Month) -> None:
        self._shown = month.first
        title, *lines = schedule_calendar.page_lines(month)
        text = Text(title, "bold").append("\n" + "\n".join(lines), "not bold")
        self.query_one("#month", Static).update(text)

    def action_turn(self, by: int) -> None:
        """Another month; 0: the one that it is."""
        if self._shown is not None:
            first = schedule_calendar.shifted(self._shown, by)
            self._shown = first if by else None
            self.load()

    def action_back(self) -> None:
        """To where one came from."""
        self.waybill.back()
