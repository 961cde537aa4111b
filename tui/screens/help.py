"""Help: the keys that work where one is, made from the bindings themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tui.widgets.cells import fields

MARKS = """\
. pending     > in progress  + completed  x failed
! with errors or on hold     - cancelled, abandoned or void"""


class HelpScreen(ModalScreen[None]):
    """The keys of the screen below, with what each does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss", "Close", show=False)
    ]

    def __init__(self, bindings: Mapping[str, ActiveBinding]) -> None:
        super().__init__()
        self._keys = dict(bindings)

    def compose(self) -> ComposeResult:
        """The table of keys, which scrolls, above the keys of this page itself."""
        with VerticalScroll(id="box") as box:
            box.border_title = "Help"
            box.border_subtitle = "up/down scroll · esc close"
            yield Static(fields(help_lines(self.app, self._keys), width=12))
            yield Static(Text(f"\nMarks\n{MARKS}"))
            yield Static(Text("\nThe same as commands: waybill job --help, waybill schedule --help"))


_TEXTUALS_OWN = frozenset({"app.focus_next", "app.focus_previous", "screen.copy_text"})


def acts(bindings: Mapping[str, ActiveBinding]) -> list[list[ActiveBinding]]:
    """The bindings that have a name, those of one action together."""
    grouped: dict[tuple[str, str], list[ActiveBinding]] = {}
    for active in bindings.values():
        binding = active.binding
        if binding.description and not binding.system and binding.action not in _TEXTUALS_OWN:
            grouped.setdefault((binding.action, binding.description), []).append(active)
    return list(grouped.values())


def help_lines(app: App[None], bindings: Mapping[str, ActiveBinding]) -> Iterator[tuple[str, Text]]:
    """An act a line, its keys beside its name and what more there is to say: the screen's own ones first."""
    titles = {"here": "On this screen", "everywhere": "Everywhere", "moving": "Moving about"}
    parts: dict[str, list[tuple[str, Text]]] = {title: [] for title in titles.values()}
    for several in acts(bindings):
        parts[titles[place(several[0])]].append(_line(app, several))
    for title, lines in parts.items():
        if lines:
            yield "", Text(title, "bold underline")
            yield from lines


def place(active: ActiveBinding) -> str:
    """Where an act belongs: `here`, `everywhere`, or `moving` about."""
    if isinstance(active.node, App):
        return "everywhere"
    return "here" if isinstance(active.node, Screen) or active.binding.show else "moving"


def _line(app: App[None], several: list[ActiveBinding]) -> tuple[str, Text]:
    keys = dict.fromkeys(app.get_key_display(active.binding) for active in several)
    text = Text(several[0].binding.description)
    if tooltip := several[0].tooltip:
        text.append(f": {tooltip}")
    return " ".join(sorted(keys, key=len)), text
