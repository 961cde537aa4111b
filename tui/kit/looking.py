"""One look a second at whether anything changed, and saying what is wrong: what the program is built upon."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import termios

from peewee import DatabaseError
from rich.markup import escape
from textual.app import App
from textual.message import Message
from textual.worker import Worker, WorkerState

from models.audit import Actor
from models.changes import Changes
from models.errors import WaybillError
from models.jobs import queries
from models.jobs.queries import Pulse
from models.settings import Settings
from tui import wording
from tui.kit import rights
from tui.kit.live import TROUBLE, LiveScreen, reading
from tui.kit.rights import Rights
from tui.widgets.lines import Banner

_LOOK_EVERY = 1.0  # seconds
_PULSE_EVERY = 10  # looks: a job that waits for a worker changes nothing by waiting


class Looked(Message):
    """One look: what changed, or why it could not be told."""

    def __init__(
        self,
        *,
        changed: bool = False,
        pulse: Pulse | None = None,
        held: Rights | None = None,
        error: Exception | None = None,
    ) -> None:
        super().__init__()
        self.changed = changed
        self.pulse = pulse
        self.held = held
        self.error = error


class LookingApp(App[None]):
    """A program on one installation, for one person, that notices what changes there."""

    def __init__(self, settings: Settings, actor: Actor, held: Rights | None) -> None:
        super().__init__()
        self.settings = settings
        self.actor = actor
        self.rights = held or Rights(name=actor.name, held=None)
        self.pulse: Pulse | None = None
        self.trouble = ""
        """What stands on the banner; empty when all is well."""
        self.frozen = False
        self._changes = Changes(settings)
        self._looks = 0
        self._looking = False

    def begin_to_look(self) -> None:
        """Now, and once a second from now on."""
        self._look()
        self.set_interval(_LOOK_EVERY, self._look)

    def on_unmount(self) -> None:
        """Let go of the database."""
        self._changes.close()

    # Looking for changes

    def _look(self) -> None:
        if _terminal_is_gone():
            os.kill(os.getpid(), signal.SIGHUP)  # as it does itself to the programs it started
        if self._looking:
            return
        self._looking = True
        self._looks += 1
        self.run_worker(self._look_in_thread, thread=True, group="look", exit_on_error=False)

    def _look_in_thread(self) -> None:
        try:
            changed = self._changes.seen()
            pulse = held = None
            if changed or self._looks % _PULSE_EVERY == 0:
                with reading(self.settings):
                    pulse, held = queries.pulse(self.actor), rights.find(self.actor)
            self.post_message(Looked(changed=changed, pulse=pulse, held=held))
        except (*TROUBLE, sqlite3.Error) as error:
            self.post_message(Looked(error=error))

    def on_looked(self, message: Looked) -> None:
        """Show trouble or its end, and let the screen read again when something changed."""
        self._looking = False
        if message.error is not None:
            self._put_trouble(message.error)
            return
        recovered, self.trouble = bool(self.trouble), ""
        if self.frozen and not recovered:
            return
        self.pulse, self.rights = message.pulse or self.pulse, message.held or self.rights
        screen = self.live
        if screen is None:
            return
        if recovered or (message.changed and screen.as_of is not None):
            screen.load()
        elif message.pulse is not None:
            screen.head()

    @property
    def live(self) -> LiveScreen | None:
        """The screen in sight, unless a question stands before it."""
        top = self.screen_stack[-1] if self.screen_stack else None  # none yet, or none any more
        return top if isinstance(top, LiveScreen) else None

    # Saying what is wrong

    def tell(self, error: Exception) -> None:
        """What could not be done is a notice; a database in trouble stands on the banner until it is well.

        One that can be read and not be written is well to the next look: so that is a notice too.
        """
        if isinstance(error, WaybillError) and error.code != "database_gone":
            text = f"{error.message}. {error.remedy[:1].upper()}{error.remedy[1:]}"
            self.notify(escape(wording.one_line(text)), severity="error", timeout=10)
            return
        if not self.trouble and not isinstance(error, WaybillError):
            text = f"Not done: {error}. Try again in a moment"
            self.notify(escape(wording.one_line(text)), severity="error", timeout=10)
        self._put_trouble(error)

    def _put_trouble(self, error: Exception) -> None:
        """Put it on the banner of every screen."""
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


def _terminal_is_gone() -> bool:
    """Whether the terminal was closed: Textual would go on to read nothing from it, as fast as it can."""
    try:
        termios.tcgetattr(0)
    except termios.error as error:
        return bool(error.args[0] == errno.EIO)
    return False


def _trouble(error: Exception) -> str:
    if isinstance(error, WaybillError):
        return f"{error.message}. {error.remedy[:1].upper()}{error.remedy[1:]}."
    what = "database" if isinstance(error, DatabaseError | sqlite3.Error) else "installation"
    return f"The {what} cannot be read: {error}. What is shown may be old; looking again each second."
