"""The terminal program: screens on digits, a palette, and one look a second at whether anything changed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from peewee import DatabaseError
from rich.markup import escape
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter, NoColor
from textual.message import Message
from textual.screen import ModalScreen, Screen
from textual.worker import Worker, WorkerState

from models import clock, entities, installation, people
from models.audit import Actor
from models.changes import Changes
from models.database import connection
from models.errors import Conflict, NotFound, WaybillError
from models.jobs import queries
from models.jobs.queries import Pulse
from models.settings import Settings, default_home
from tui import wording
from tui.kit import areas, rights
from tui.kit.areas import Area
from tui.kit.live import TROUBLE, LiveScreen, reading
from tui.kit.rights import Rights
from tui.widgets.lines import Banner, HeadLine

_LOOK_EVERY = 1.0  # seconds
_PULSE_EVERY = 10  # looks: a job that waits for a worker changes nothing by waiting
_PATIENCE = timedelta(seconds=15)  # for a worker to take a job, before one asks whether any runs
_WIDE = 100  # columns from which the screens' whole titles fit


def run(link: str = "", *, plain: bool = False) -> None:
    """Open the program for the calling person, at a link; refuses a terminal that cannot place text."""
    if os.environ.get("TERM", "dumb") in ("", "dumb"):
        raise Conflict(
            "this terminal (TERM=dumb) cannot show screens",
            remedy=f"the same in plain text: {_twin(link)}; all commands: waybill --help",
            code="dumb_terminal",
        )
    if installation.is_untouched(default_home()) and not _set_up(plain=plain):
        return
    settings = installation.open_home()
    with connection():
        actor = people.current_actor()
        scope = _scope(actor)
        held = rights.find(actor)
    WaybillApp(settings, actor, scope, held=held, link=link, plain=plain).run(mouse=False)


def _twin(link: str) -> str:
    """The command that tells what a link shows."""
    noun, _, which = link.partition("?")[0].partition("/")
    if which:
        return f"waybill {noun} show {which}"
    return areas.by_noun(noun).cli if noun else areas.first().cli


def _set_up(*, plain: bool) -> bool:
    """Offer to make an installation where there is none; whether there is one now."""
    from tui.first_run import FirstRun  # seen once in an installation's life

    return FirstRun(default_home(), plain=plain).run(mouse=False) is not None


def _scope(actor: Actor) -> str:
    seen = entities.visible(actor)
    return seen[0].name if len(seen) == 1 else f"{len(seen)} legal entities"


def ring(job_id: int) -> None:
    """Wake a worker for a job."""
    from worker import tasks  # Huey, which the first picture need not wait for

    tasks.ring(job_id)


def _palette() -> type[Any]:
    from tui.kit.palette import Acts

    return Acts


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


class WaybillApp(App[None]):
    """One installation, for one person."""

    TITLE = "Waybill"
    CSS_PATH = "styles/waybill.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[Any]] = {_palette}
    HORIZONTAL_BREAKPOINTS: ClassVar[list[tuple[int, str]]] = [(0, "-narrow"), (100, "-wide")]  # type: ignore[misc]
    VERTICAL_BREAKPOINTS: ClassVar[list[tuple[int, str]]] = [(0, "-short"), (22, "-tall")]  # type: ignore[misc]
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(digit, f"digit('{digit}')", "", show=False, system=True) for digit in "123456789"),
        Binding("question_mark", "help", "Help", key_display="?", show=False, tooltip="this page"),
        Binding("minus", "previous", "Screen before", show=False, tooltip="the screen one came from"),
        Binding("L", "freeze", "Freeze", show=False, tooltip="stop showing changes, or go on"),
        Binding("ctrl+r,f5", "reload", "Read again", show=False, tooltip="read what is shown once more"),
        Binding("q", "quit", "Quit", show=False, tooltip="leave; workers go on"),
        Binding("ctrl+q", "quit", "Quit", show=False, tooltip="leave; workers go on"),
    ]

    def __init__(
        self,
        settings: Settings,
        actor: Actor,
        scope: str = "",
        *,
        held: Rights | None = None,
        link: str = "",
        plain: bool = False,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.actor = actor
        self.scope = scope
        self.rights = held or Rights(name=actor.name, held=None)
        self.ring: Callable[[int], object] = ring
        self.pulse: Pulse | None = None
        self.trouble = ""
        """What stands on the banner; empty when all is well."""
        self.frozen = False
        self.drafts: dict[str, dict[str, Any]] = {}
        """What was typed into forms and not saved."""
        self.animation_level = "none"  # each frame is bytes over a slow link
        self._plain = plain
        self._own_filters: list[LineFilter] = [NoColor()] if self.no_color else []
        if plain:
            from tui.widgets.plain import PlainFilter  # which few need

            self._own_filters.append(PlainFilter())
        self._link = link
        self._before = ""
        self._known: tuple[Area, ...] = ()
        self._changes = Changes(settings)
        self._looks = 0
        self._looking = False

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What every line goes through before it is drawn: `--plain` leaves only ASCII, `NO_COLOR` no colour.

        Textual's own answer to the latter is shades of grey.
        """
        return [*super().get_line_filters(), *self._own_filters]

    def on_mount(self) -> None:
        """Take the terminal's own colours, open the first screen, and begin to look."""
        self.theme = "ansi-dark"
        self.set_class(self._plain, "-plain")
        if self._link:
            self._learn()
            self.open(self._link)
        if not self._known:
            self._add(areas.first())
            self.switch_mode(areas.first().noun)
            self.run_worker(areas.areas, thread=True, group="areas", exit_on_error=False)
        self._look()
        self.set_interval(_LOOK_EVERY, self._look)

    def on_unmount(self) -> None:
        """Let go of the database."""
        self._changes.close()

    # Which screens there are

    def _add(self, area: Area) -> None:
        if area.noun not in self._modes:
            self.add_mode(area.noun, area.screen)

    def _learn(self) -> None:
        """Take all screens there are, now that their modules are loaded."""
        if self._known:
            return
        self._known = areas.areas()
        for area in self._known:
            self._add(area)
        if isinstance(self.screen, LiveScreen):
            self.screen.head()

    def go_to(self, area: Area) -> None:
        """Show an area's list, as it was left."""
        self._learn()
        if self.current_mode != area.noun:
            self._before = self.current_mode
            self.switch_mode(area.noun)

    def open(self, link: str) -> None:
        """Show what a link names: `job/1041`, `schedule`, or `job?error:unreachable`, a list filtered."""
        named, _, words = link.partition("?")
        try:
            area, screen = areas.opened(named)
        except NotFound as error:
            self._known = ()
            self.call_later(self.tell, error)
            return
        self.go_to(area)
        if screen is not None:
            self.call_later(self.push_screen, screen)
        elif words:
            self.call_later(self._narrow, words)

    def _narrow(self, words: str) -> None:
        """Filter the list in sight, once it is there."""
        from tui.kit.listing import ListScreen  # which the first picture need not wait for

        if isinstance(screen := self.screen, ListScreen):
            screen.call_after_refresh(screen.narrow, words)

    def back(self) -> None:
        """To the screen below, if there is one."""
        if len(self.screen_stack) > 1:
            self.pop_screen()

    # What stands in the first line, the same on every screen

    def put_head(self, line: HeadLine, screen: LiveScreen) -> None:
        """Bring a screen's first line up to date."""
        stands, urgent = self._stands()
        live = "FROZEN " if self.frozen else ""
        word = "as of " if self.size.width >= _WIDE and not live else live
        at = f"{word}{wording.clock_time(screen.as_of)} UTC" if screen.as_of else "reading"
        who = f"{self.actor.name}, {self.scope}" if self.scope else self.actor.name
        line.set(self._where(screen), who, f"{stands}  {at}".strip(), urgent=urgent or self.frozen)

    def _where(self, screen: LiveScreen) -> list[tuple[str, bool]]:
        """The screens by their digits; on a screen opened from one of them, the way there."""
        wide = self.size.width >= _WIDE
        depth = [each for each in self.screen_stack if isinstance(each, LiveScreen)]
        every = self._known or (areas.first(),)
        noun = next((area.page_of for area in every if area.noun == self.current_mode), "")
        here = noun or self.current_mode
        known = [area for area in every if area.digit or area.noun == here]
        labels = [
            (f"{area.digit} {area.title}" if wide else f"{area.digit}{area.short or area.title}", area.noun)
            for area in known
        ]
        if screen in depth[1:]:
            first = [label for label, noun in labels if noun == here]
            way = [each.crumb() for each in depth[1 : depth.index(screen) + 1]]
            return [(" > ".join([*first, *way]), True)]
        return [(label, noun == here) for label, noun in labels]

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
        screen = self._live()
        if screen is None:
            return
        if recovered or (message.changed and screen.as_of is not None):
            screen.load()
        elif message.pulse is not None:
            screen.head()

    def _live(self) -> LiveScreen | None:
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
        elif event.state is WorkerState.SUCCESS and event.worker.group == "areas":
            self._learn()

    # Keys

    def action_digit(self, digit: str) -> None:
        """The screen behind a digit."""
        if isinstance(self.screen, ModalScreen):
            return
        area = areas.by_digit(digit)
        if area is None:
            self.notify(f"There is no screen {digit}.")
        else:
            self.go_to(area)

    def action_previous(self) -> None:
        """The screen one came from."""
        if self._before and not isinstance(self.screen, ModalScreen):
            self.go_to(areas.by_noun(self._before))

    def action_freeze(self) -> None:
        """Stop showing changes, or show them again."""
        self.frozen = not self.frozen
        if (screen := self._live()) is not None:
            screen.head() if self.frozen else screen.load()

    def action_help(self) -> None:
        """Show the keys of this screen."""
        from tui.kit.help import HelpScreen

        if not isinstance(self.screen, ModalScreen):
            self.push_screen(HelpScreen(self.screen, areas.areas()))

    def action_reload(self) -> None:
        """Read what is shown once more."""
        if (screen := self._live()) is not None:
            screen.load()

    async def action_quit(self) -> None:
        """Leave; with something typed and not saved only the second time."""
        if self.drafts and not self.has_class("-asked"):
            self.add_class("-asked")
            self.notify(
                f"Not saved: {', '.join(sorted(self.drafts))}. Press q again to lose it.", severity="warning"
            )
            return
        self.exit()

    def action_command_palette(self) -> None:
        """Not over a question: a secret that is shown, a plan."""
        if not isinstance(self.screen, ModalScreen):
            super().action_command_palette()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002 - Textual's
        """What the palette offers besides the keys of the screen."""
        yield SystemCommand("Theme", "Other colours", self.action_change_theme)
        yield SystemCommand("Screenshot", "Save this screen as an SVG file", self.deliver_screenshot)


def _trouble(error: Exception) -> str:
    if isinstance(error, WaybillError):
        return f"{error.message}. {error.remedy[:1].upper()}{error.remedy[1:]}."
    what = "database" if isinstance(error, DatabaseError | sqlite3.Error) else "installation"
    return f"The {what} cannot be read: {error}. What is shown may be old; looking again each second."
