"""The terminal program: screens on digits, a palette, and one look a second at whether anything changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter, NoColor
from textual.reactive import Reactive
from textual.screen import ModalScreen, Screen
from textual.worker import Worker, WorkerState

from models import installation, people
from models.audit import Actor
from models.database import connection
from models.errors import Conflict, NotFound
from models.settings import Settings, default_home
from tui.kit import areas, head, rights
from tui.kit.areas import Area
from tui.kit.live import LiveScreen
from tui.kit.looking import LookingApp
from tui.kit.rights import Rights
from tui.widgets.lines import HeadLine


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
        held = rights.find(actor)
    WaybillApp(settings, actor, held=held, link=link, plain=plain).run(mouse=False)


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


def ring(job_id: int) -> None:
    """Wake a worker for a job."""
    from worker import tasks  # Huey, which the first picture need not wait for

    tasks.ring(job_id)


def _palette() -> type[Any]:
    from tui.kit.palette import Acts

    return Acts


class WaybillApp(LookingApp):
    """One installation, for one person."""

    TITLE = "Waybill"
    CSS_PATH = "styles/waybill.tcss"
    ENABLE_COMMAND_PALETTE = True
    theme: Reactive[str] = Reactive("ansi-dark")
    """The terminal's own colours, from the start: another theme set later means to parse all styles again."""
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
        *,
        held: Rights | None = None,
        link: str = "",
        plain: bool = False,
    ) -> None:
        super().__init__(settings, actor, held)
        self.ring: Callable[[int], object] = ring
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
        self._learning = False

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What every line goes through before it is drawn: `--plain` leaves only ASCII, `NO_COLOR` no colour.

        Textual's own answer to the latter is shades of grey.
        """
        return [*super().get_line_filters(), *self._own_filters]

    def on_mount(self) -> None:
        """Open the first screen, and begin to look."""
        self.set_class(self._plain, "-plain")
        if self._link:
            self._learn()
            self.open(self._link)
        if not self._known:
            self._add(areas.first())
            self.switch_mode(areas.first().noun)
        self.begin_to_look()

    # Which screens there are

    def _add(self, area: Area) -> None:
        if area.noun not in self._modes:
            self.add_mode(area.noun, area.screen)

    def _learn(self) -> None:
        """Take all screens there are, now that their modules are loaded."""
        if self._known:
            return
        self._learning, self._known = True, areas.areas()
        for area in self._known:
            self._add(area)
        if isinstance(self.screen, LiveScreen):
            self.screen.head()

    def _learn_aside(self) -> None:
        self.run_worker(areas.areas, thread=True, group="areas", exit_on_error=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """All modules of screens are there."""
        if event.state is WorkerState.SUCCESS and event.worker.group == "areas":
            self._learn()

    @property
    def known(self) -> tuple[Area, ...]:
        """The areas whose screens can be shown: at first, only the one it opens with."""
        return self._known or (areas.first(),)

    def put_head(self, line: HeadLine, screen: LiveScreen) -> None:
        """Bring a screen's first line up to date; once that tells of something read, get to know the rest."""
        head.put(self, line, screen)
        if screen.as_of is not None and not self._learning:
            self._learning = True  # not sooner: modules that load take time from the first picture
            self.call_after_refresh(self._learn_aside)

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
        if (screen := self.live) is not None:
            screen.head() if self.frozen else screen.load()

    def action_help(self) -> None:
        """Show the keys of this screen."""
        from tui.kit.help import HelpScreen

        if not isinstance(self.screen, ModalScreen):
            self.push_screen(HelpScreen(self.screen, areas.areas()))

    def action_reload(self) -> None:
        """Read what is shown once more."""
        if (screen := self.live) is not None:
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
