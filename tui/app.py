"""The terminal program: screens on digits, a palette, and one look a second at whether anything changed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import ClassVar

from peewee import DatabaseError
from rich.markup import escape
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from models import clock, entities, installation, people
from models.audit import Actor
from models.changes import Changes
from models.database import connection
from models.errors import Conflict, WaybillError
from models.jobs import queries
from models.jobs.queries import Pulse
from models.settings import Settings
from tui import wording
from tui.palette import Acts
from tui.screens.help import HelpScreen
from tui.screens.jobs import JobsScreen
from tui.screens.live import TROUBLE, LiveScreen, reading
from tui.screens.schedules import SchedulesScreen
from tui.widgets.lines import Banner, HeadLine

_LOOK_EVERY = 1.0  # seconds
_PULSE_EVERY = 10  # looks: a job that waits for a worker changes nothing by waiting
_PATIENCE = timedelta(seconds=15)  # for a worker to take a job, before one asks whether any runs


def run() -> None:
    """Open the program for the calling person; refuses a terminal that cannot place text."""
    if os.environ.get("TERM", "dumb") in ("", "dumb"):
        raise Conflict(
            "this terminal (TERM=dumb) cannot show screens",
            remedy="the same in plain text: waybill job list, waybill job show ID, waybill schedule list",
            code="dumb_terminal",
        )
    settings = installation.open_home()
    with connection():
        actor = people.current_actor()
        scope = _scope(actor)
    WaybillApp(settings, actor, scope).run(mouse=False)


def _scope(actor: Actor) -> str:
    seen = entities.visible(actor)
    return seen[0].name if len(seen) == 1 else f"{len(seen)} legal entities"


def ring(job_id: int) -> None:
    """Wake a worker for a job."""
    from worker import tasks  # Huey, which the first picture need not wait for

    tasks.ring(job_id)


class Looked(Message):
    """One look: what changed, or why it could not be told."""

    def __init__(self, *, changed: bool, pulse: Pulse | None, error: Exception | None = None) -> None:
        super().__init__()
        self.changed = changed
        self.pulse = pulse
        self.error = error


class WaybillApp(App[None]):
    """Jobs and schedules of one installation, for one person."""

    TITLE = "Waybill"
    CSS_PATH = "styles/waybill.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[type[Acts] | Callable[[], type[Acts]]]] = {Acts}  # type: ignore[assignment]
    MODES: ClassVar[dict[str, str | Callable[[], Screen[object]]]] = {
        "jobs": JobsScreen,  # type: ignore[dict-item]
        "schedules": SchedulesScreen,  # type: ignore[dict-item]
    }
    DEFAULT_MODE = "jobs"
    HORIZONTAL_BREAKPOINTS: ClassVar[list[tuple[int, str]]] = [(0, "-narrow"), (100, "-wide")]  # type: ignore[misc]
    VERTICAL_BREAKPOINTS: ClassVar[list[tuple[int, str]]] = [(0, "-short"), (18, "-tall")]  # type: ignore[misc]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "switch_mode('jobs')", "Jobs", show=False, tooltip="list of jobs"),
        Binding("2", "switch_mode('schedules')", "Schedules", show=False, tooltip="list of schedules"),
        Binding("question_mark", "help", "Help", key_display="?", tooltip="this page"),
        Binding("q", "quit", "Quit", tooltip="leave; workers go on"),
        Binding("ctrl+q", "quit", "Quit", show=False, tooltip="leave; workers go on"),
        Binding("ctrl+r,f5", "reload", "Read again", show=False, tooltip="read what is shown once more"),
    ]

    def __init__(self, settings: Settings, actor: Actor, scope: str = "") -> None:
        super().__init__()
        self.settings = settings
        self.actor = actor
        self.scope = scope
        self.ring: Callable[[int], object] = ring
        self.pulse: Pulse | None = None
        self.trouble = ""
        """What stands on the banner; empty when all is well."""
        self.animation_level = "none"  # each frame is bytes over a slow link
        self._changes = Changes(settings)
        self._looks = 0
        self._looking = False

    def on_mount(self) -> None:
        """Take the terminal's own colours, and begin to look."""
        self.theme = "ansi-dark"
        self._look()
        self.set_interval(_LOOK_EVERY, self._look)

    def on_unmount(self) -> None:
        """Let go of the database."""
        self._changes.close()

    # What stands in the first line, the same on every screen

    def put_head(self, line: HeadLine, as_of: datetime | None) -> None:
        """Bring a screen's first line up to date."""
        modes = [("1 Jobs", self.current_mode == "jobs"), ("2 Schedules", self.current_mode == "schedules")]
        stands, urgent = self._stands()
        at = f"as of {wording.clock_time(as_of)} UTC" if as_of else "reading"
        who = f"{self.actor.name}, {self.scope}" if self.scope else self.actor.name
        line.set(modes, who, f"{stands}  {at}".strip(), urgent=urgent)

    def _stands(self) -> tuple[str, bool]:
        """Whether work is being done, and whether somebody should look at that."""
        if self.pulse is None:
            return "", False
        since = self.pulse.waiting_since
        if since is not None and clock.now() - since > _PATIENCE:
            return f"{self.pulse.waiting} waiting, no worker?", True
        return f"{self.pulse.running} running", False

    # Looking for changes

    def _look(self) -> None:
        if self._looking:
            return
        self._looking = True
        self._looks += 1
        self.run_worker(self._look_in_thread, thread=True, group="look", exit_on_error=False)

    def _look_in_thread(self) -> None:
        try:
            changed = self._changes.seen()
            pulse = None
            if changed or self._looks % _PULSE_EVERY == 0:
                with reading(self.settings):
                    pulse = queries.pulse(self.actor)
            self.post_message(Looked(changed=changed, pulse=pulse))
        except (*TROUBLE, sqlite3.Error) as error:
            self.post_message(Looked(changed=False, pulse=None, error=error))

    def on_looked(self, message: Looked) -> None:
        """Show trouble or its end, and let the screen read again when something changed."""
        self._looking = False
        if message.error is not None:
            self.tell(message.error)
            return
        recovered, self.trouble = bool(self.trouble), ""
        if message.pulse is not None:
            self.pulse = message.pulse
        screen = self.screen_stack[-1] if self.screen_stack else None  # none yet, or none any more
        if not isinstance(screen, LiveScreen):
            return
        if message.changed or recovered:
            screen.load()
        elif message.pulse is not None:
            screen.head()

    # Saying what is wrong

    def tell(self, error: Exception) -> None:
        """A database in trouble stands on the banner until it is well; anything else is a notice."""
        if isinstance(error, WaybillError) and error.code != "database_gone":
            text = f"{error.message}. {error.remedy[:1].upper()}{error.remedy[1:]}"
            self.notify(escape(wording.one_line(text)), severity="error", timeout=10)
            return
        self.trouble = _trouble(error)
        for screen in self.screen_stack:
            for banner in screen.query(Banner):
                banner.say(self.trouble)

    def tell_mistake(self, error: BaseException) -> None:
        """A mistake of Waybill's own."""
        text = f"Waybill itself failed: {type(error).__name__}: {error}. Please report it"
        self.notify(escape(wording.one_line(text)), severity="error", timeout=20)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A look that failed by our own mistake is said, and the next one still comes."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self._looking = False
            self.tell_mistake(event.worker.error)

    # Keys and the palette

    def action_help(self) -> None:
        """Show the keys of this screen."""
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen.active_bindings))

    def action_reload(self) -> None:
        """Read what is shown once more."""
        if isinstance(self.screen, LiveScreen):
            self.screen.load()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002 - Textual's
        """What the palette offers besides the keys of the screen."""
        yield SystemCommand("Theme", "Other colours", self.action_change_theme)
        yield SystemCommand("Screenshot", "Save this screen as an SVG file", self.deliver_screenshot)


def _trouble(error: Exception) -> str:
    if isinstance(error, WaybillError):
        return f"{error.message}. {error.remedy[:1].upper()}{error.remedy[1:]}."
    what = "database" if isinstance(error, DatabaseError | sqlite3.Error) else "installation"
    return f"The {what} cannot be read: {error}. What is shown may be old; looking again each second."
