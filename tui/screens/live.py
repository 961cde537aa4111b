"""What every screen with data does: read in a thread, show in the loop, read again when something changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from peewee import DatabaseError
from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker, WorkerState, get_current_worker

from models import clock
from models.changes import present, sqlite_file
from models.database import connection
from models.errors import WaybillError
from models.settings import Settings
from tui.widgets.lines import Banner, HeadLine

if TYPE_CHECKING:
    from datetime import datetime

    from tui.app import WaybillApp

D = TypeVar("D")

TROUBLE = (WaybillError, DatabaseError, OSError)
"""What may go wrong in a thread and is told; anything else is a mistake of ours, and told as one."""


@contextmanager
def reading(settings: Settings) -> Iterator[None]:
    """A thread's own connection; a database that is gone is not made anew by opening it."""
    file = sqlite_file(settings)
    if file is not None:
        present(file)
    with connection():
        yield


class Loaded(Message):
    """A thread's answer."""

    def __init__(self, number: int, data: object, at: datetime) -> None:
        super().__init__()
        self.number = number
        self.data = data
        self.at = at


class Trouble(Message):
    """A thread could not do what it was asked to."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class LiveScreen(Screen[None], Generic[D]):
    """A screen whose data is read by `question` in a thread and put on it by `show`."""

    def __init__(self) -> None:
        super().__init__()
        self.data: D | None = None
        self.as_of: datetime | None = None
        self._asked = 0

    @property
    def waybill(self) -> WaybillApp:
        """The program this screen belongs to."""
        return cast("WaybillApp", self.app)

    def question(self) -> Callable[[], D]:
        """What to read, with all it needs to know taken along: it runs in a thread."""
        raise NotImplementedError

    def show(self, data: D) -> None:
        """Put what was read on the screen."""
        raise NotImplementedError

    def load(self) -> None:
        """Read again; an answer that is overtaken by a newer question is dropped."""
        self._asked += 1
        number, question, settings = self._asked, self.question(), self.waybill.settings

        def read() -> None:
            try:
                with reading(settings):
                    data = question()
            except TROUBLE as error:
                self.post_message(Trouble(error))
                return
            if not get_current_worker().is_cancelled:
                self.post_message(Loaded(number, data, clock.now()))

        self.run_worker(read, thread=True, group="load", exclusive=True, exit_on_error=False)

    def on_screen_resume(self) -> None:
        """Come back to: what changed meanwhile is read."""
        self.load()

    def on_resize(self) -> None:
        """Other columns may fit."""
        self.head()
        if self.data is not None:
            self.show(self.data)

    def on_loaded(self, message: Loaded) -> None:
        """Show the newest answer."""
        message.stop()
        if message.number == self._asked:
            self.data = cast("D", message.data)
            self.as_of = message.at
            self.head()
            self.show(self.data)

    def on_trouble(self, message: Trouble) -> None:
        """Say what is wrong, and stay."""
        message.stop()
        self.waybill.tell(message.error)

    def head(self) -> None:
        """Bring the first line up to date."""
        self.waybill.put_head(self.query_one(HeadLine), self.as_of)
        self.query_one(Banner).say(self.waybill.trouble)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A mistake of ours in a thread is said, not swallowed."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.waybill.tell_mistake(event.worker.error)
