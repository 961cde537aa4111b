"""What every screen does: read in a thread, show in the loop, and offer its declared commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from peewee import DatabaseError
from rich.console import RenderableType
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker, WorkerState, get_current_worker

from models import clock
from models.changes import present, sqlite_file
from models.database import connection
from models.errors import WaybillError
from models.settings import Settings
from tui.kit.commands import Command, bindings
from tui.widgets.lines import Banner, HeadLine, KeyLine

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


class Answer(Message):
    """What a thread found, and what is to be done with it in the loop."""

    def __init__(self, group: str, number: int, then: Callable[[Any], object], value: object) -> None:
        super().__init__()
        self.group = group
        self.number = number
        self.then = then
        self.value = value
        self.at = clock.now()


class Trouble(Message):
    """A thread could not do what it was asked to."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class Asking:
    """Asks the database in threads. For screens and modals: mix it in before Textual's class."""

    _numbers: dict[str, int]

    @property
    def waybill(self) -> WaybillApp:
        """The program this screen belongs to."""
        return cast("WaybillApp", cast("Screen[object]", self).app)

    def ask(
        self,
        read: Callable[[], D],
        then: Callable[[D], object],
        *,
        group: str = "load",
        exclusive: bool = True,
    ) -> None:
        """Run `read` in a thread on a connection of its own, and `then` with its answer in the loop.

        An answer that a newer question of the same group has overtaken is dropped. `read` touches no widget:
        what it needs to know it takes along.
        """
        numbers = self.__dict__.setdefault("_numbers", {})
        number = numbers[group] = numbers.get(group, 0) + 1
        settings, screen = self.waybill.settings, cast("Screen[object]", self)

        def work() -> None:
            try:
                with reading(settings):
                    value = read()
            except TROUBLE as error:
                screen.post_message(Trouble(error))
                return
            if not get_current_worker().is_cancelled:
                screen.post_message(Answer(group, number, then, value))

        screen.run_worker(work, thread=True, group=group, exclusive=exclusive, exit_on_error=False)

    async def on_answer(self, message: Answer) -> None:
        """Use the newest answer."""
        message.stop()
        if message.number == self.__dict__["_numbers"][message.group]:
            self.answered(message.at)
            done = message.then(message.value)
            if isawaitable(done):
                await done

    def answered(self, at: datetime) -> None:
        """Something was read at this time."""

    def on_trouble(self, message: Trouble) -> None:
        """Say what is wrong."""
        message.stop()
        self.waybill.tell(message.error)
        self.troubled()

    def troubled(self) -> None:
        """What was asked could not be done, and that was said. To be extended, unlike `on_trouble`: Textual
        calls a message's handler of every class there is."""

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A mistake of ours in a thread is said, not swallowed."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.waybill.tell_mistake(event.worker.error)


LEAST = (60, 16)
"""The smallest terminal, columns by lines, on which a screen is drawn."""


class Degrading:
    """One line in place of everything where there is no room: never a broken picture."""

    def fit(self) -> None:
        """Show all, or the one line, as the size is now; the focus comes back to where it was."""
        screen = cast("Screen[object]", self)
        tiny = screen.size.width < LEAST[0] or screen.size.height < LEAST[1]
        if tiny == screen.has_class("-tiny"):
            return
        if tiny:
            self.__dict__["_focused_before"] = screen.focused
        screen.set_class(tiny, "-tiny")
        screen.refresh()
        if not tiny and (focused := self.__dict__.get("_focused_before")) is not None:
            screen.call_after_refresh(screen.set_focus, focused)

    def render(self) -> RenderableType:
        """What to do, and the way that needs no room."""
        screen = cast("Screen[object]", self)
        if screen.has_class("-tiny"):
            return Text("Enlarge to 60x16, or: waybill --help"[: screen.size.width])
        drawn: RenderableType = super().render()  # type: ignore[misc]
        return drawn


class LiveScreen(Degrading, Asking, Screen[None]):
    """A screen of the program: a head line, its own widgets, and a key line made from `ACTS`."""

    ACTS: ClassVar[Sequence[Command]] = ()
    """The acts of the screen; each is a method `do_NAME`."""
    NAME: ClassVar[str] = ""
    ENTITY_ID: int | None = None
    """The legal entity whose rights count; None: that of any."""

    def __init_subclass__(cls, **options: Any) -> None:
        own = list(cls.__dict__.get("BINDINGS", []))
        if "ACTS" in cls.__dict__:
            cls.BINDINGS = [*bindings(cls.ACTS), *own]
        super().__init_subclass__(**options)

    def __init__(self) -> None:
        super().__init__()
        self.as_of: datetime | None = None

    # To be said by each screen

    def load(self) -> None:
        """Read again what is shown."""
        raise NotImplementedError

    def crumb(self) -> str:
        """What the head line calls it when it was opened from another screen: `job 1041`."""
        return self.NAME

    def why_not(self, name: str) -> str:  # noqa: ARG002 - for screens to answer
        """Why a command cannot be done now, with what to do about it; empty when it can."""
        return ""

    def concerned(self, command: Command) -> int | None:  # noqa: ARG002 - for screens to answer
        """The legal entity for which a command has to be permitted; None: any."""
        return self.ENTITY_ID

    # One below another

    def point(self, made: Any) -> None:
        """Something was made or changed on a screen above: a list puts its cursor there, by the row's key."""

    def point_below(self, made: Any) -> None:
        """Have the screen that this one was opened from point to what was made here."""
        stack = self.app.screen_stack
        below = stack[stack.index(self) - 1] if self in stack[1:] else None
        if isinstance(below, LiveScreen) and made is not None:
            below.point(made)

    # Commands

    def refusal(self, command: Command) -> str:
        """Why a command would be refused: not permitted, or not possible; empty when it would not."""
        if command.action is not None:
            forbidden = self.waybill.rights.refusal(command.action, self.concerned(command))
            if forbidden:
                return forbidden
        return self.why_not(command.name)

    def action_command(self, name: str) -> None:
        """Carry out a declared command, or say why not."""
        command = next(each for each in self.ACTS if each.name == name)
        if why := self.refusal(command):
            self.notify(f"{command.title}: {why}", severity="warning", markup=False)
            return
        getattr(self, f"do_{name}")()

    # Staying up to date

    def answered(self, at: datetime) -> None:
        """Stands in the head line as `as of`."""
        self.as_of = at
        self.call_next(self.head)

    def on_screen_resume(self) -> None:
        """Come back to: what changed meanwhile is read."""
        self.head()
        self.load()

    def on_resize(self) -> None:
        """Other things may fit."""
        self.fit()
        self.head()

    def head(self) -> None:
        """Bring the first line, the banner and the key line up to date."""
        if not self.is_mounted:
            return
        try:
            self.waybill.put_head(self.query_one(HeadLine), self)
            self.query_one(Banner).say(self.waybill.trouble)
            self.query_one(KeyLine).set(self._keys())
        except NoMatches:  # not composed yet
            return

    def _keys(self) -> Iterator[tuple[str, str, bool]]:
        """Key, name, and whether it would be done: the screen's acts first, then moving about."""
        refused = {each.name for each in self.ACTS if self.refusal(each)}
        for command in self.ACTS:
            if command.footer and command.key:
                shown = self.app.get_key_display(Binding(command.key, ""))
                yield shown, command.title, command.name not in refused
        moves = (active.binding for active in self.active_bindings.values())
        found = {move.action: move for move in moves if move.show and move.description}
        for move in found.values():
            if not move.action.startswith("command("):
                yield self.app.get_key_display(move), move.description, True


def key(keys: str, action: str, title: str, tip: str = "", *, shown: str = "") -> BindingType:
    """A key that moves about or looks otherwise: nothing that would need a command of its own."""
    return Binding(keys, action, title, show=bool(shown), key_display=shown or None, tooltip=tip or title)
