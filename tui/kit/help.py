"""The keys of a screen, made from what is declared: never typed twice, so never wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tui.kit.live import Degrading, LiveScreen
from tui.widgets.cells import fields

if TYPE_CHECKING:
    from tui.kit.areas import Area

MARKS = """\
. pending     > in progress  + completed  x failed
! with errors or on hold     - cancelled, abandoned or void
> in the first column: the cursor     * a marked row     (key) refused now"""

_TEXTUALS_OWN = frozenset({"app.focus_next", "app.focus_previous", "screen.copy_text"})

Line = tuple[str, Text]


class HelpScreen(Degrading, ModalScreen[None]):
    """What can be done here, with which key, by which command, and why not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", "Close", show=False)
    ]

    def __init__(self, below: Screen[object], areas: tuple[Area, ...]) -> None:
        super().__init__()
        self._lines = list(help_lines(below, areas))

    def compose(self) -> ComposeResult:
        """The table of keys, which scrolls."""
        with VerticalScroll(id="box") as box:
            box.border_title = "Help"
            box.border_subtitle = "up/down scroll · esc close"
            yield Static(fields(self._lines, width=12))
            yield Static(Text(f"\nMarks\n{MARKS}"))

    def on_resize(self) -> None:
        """One line where there is no room."""
        self.fit()


def help_lines(below: Screen[object], areas: tuple[Area, ...]) -> Iterator[Line]:
    """The acts of the screen, then its keys, the program's, and where the digits go."""
    if isinstance(below, LiveScreen) and below.ACTS:
        yield _title("What can be done here")
        yield from _acts(below)
    here, everywhere = list[Line](), list[Line]()
    for active in named(below):
        (everywhere if isinstance(active.node, App) else here).append(_line(below.app, active))
    for title, lines in (("Moving about", here), ("Everywhere", everywhere)):
        if lines:
            yield _title(title)
            yield from lines
    yield _title("Screens")
    for area in areas:
        yield area.digit or "^p", Text(area.title, "bold").append(f"  {area.help}", "not bold")


def _acts(below: LiveScreen) -> Iterator[Line]:
    for command in below.ACTS:
        text = Text(command.title, "bold").append(f"  {command.help}", "not bold")
        if why := below.refusal(command):
            text.append(f"\n(not now: {why})", "not bold")
        yield key_of(below.app, command.key) or "^p", text
        yield "", Text(command.cli, "dim")


def key_of(app: App[Any], key: str) -> str:
    """A key as it stands on screens."""
    return app.get_key_display(Binding(key, "")) if key else ""


def named(below: Screen[object]) -> list[ActiveBinding]:
    """The bindings that have a name and are no declared act, one for each thing they do."""
    found: dict[tuple[str, str], ActiveBinding] = {}
    for active in below.active_bindings.values():
        binding = active.binding
        ours = binding.description and not binding.system and binding.action not in _TEXTUALS_OWN
        if ours and not binding.action.startswith("command("):
            found.setdefault((binding.action, binding.description), active)
    return list(found.values())


def _line(app: App[Any], active: ActiveBinding) -> Line:
    text = Text(active.binding.description)
    if active.tooltip and active.tooltip != active.binding.description:
        text.append(f": {active.tooltip}")
    return app.get_key_display(active.binding), text


def _title(text: str) -> Line:
    return "", Text(text, "bold underline")
