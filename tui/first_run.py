"""Where there is no installation yet: asks for an e-mail address, makes one, and lets the program go on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.filter import LineFilter
from textual.widgets import Button, Input, Static

from models import installation, people
from models.errors import WaybillError
from models.installation import Made
from tui.kit.live import LEAST
from tui.widgets.buttons import PlainButton
from tui.widgets.inputs import TextLine
from tui.widgets.plain import PlainFilter


class FirstRun(App[Made]):
    """One page; ends with what was made, or None when the person left."""

    TITLE = "Waybill"
    CSS_PATH = "styles/first_run.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+q", "leave", "Leave", show=False),
        Binding("down", "focus_next", "Next", show=False),
        Binding("up", "focus_previous", "Before", show=False),
    ]

    def __init__(self, home: Path, *, plain: bool = False) -> None:
        super().__init__()
        self.animation_level = "none"
        self._home = home
        self._plain = [PlainFilter()] if plain else []
        self._making = False

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Plain text, if that was asked for."""
        return [*super().get_line_filters(), *self._plain]

    def compose(self) -> ComposeResult:
        """What will be made, the address, and the buttons with the harmless one first."""
        yield Static(id="tiny")
        with Vertical(id="page"):
            yield Static(self._what(), id="what")
            with Horizontal(id="who"):
                yield Static("Your e-mail  ", id="label")
                yield TextLine(placeholder="anna@example.com", max_length=254, compact=True, id="email")
            with Horizontal(id="buttons"):
                yield PlainButton("Leave", id="leave")
                yield PlainButton("Make it", id="make", disabled=True)
            yield Static(id="said", markup=False)

    def _what(self) -> Text:
        text = Text("Waybill is not set up here yet.\n\n", "bold")
        text.append(f"There is no installation in {self._home}.\n\n", "not bold")
        text.append("Making one writes there, and nowhere else:\n", "not bold")
        for line in (
            "  the settings file waybill.toml, to be changed later",
            "  the key that secrets are encrypted under",
            "  the database, empty",
            f"  you, {people.calling_account()}, as its first Administrator",
        ):
            text.append(f"{line}\n", "not bold")
        text.append("\nenter goes on, esc leaves.  The same as a command: waybill init\n", "not bold dim")
        return text.append("Another home: waybill --home DIR", "not bold dim")

    def on_mount(self) -> None:
        """Take the terminal's own colours, and rest on the address."""
        self.theme = "ansi-dark"
        self.query_one(Input).cursor_blink = False
        self.query_one(Input).focus()

    def on_resize(self) -> None:
        """One line where there is no room."""
        tiny = self.size.width < LEAST[0] or self.size.height < LEAST[1]
        self.query_one("#page").display = not tiny
        line = self.query_one("#tiny", Static)
        line.display = tiny
        line.update("Enlarge to 60x16, or: waybill init"[: self.size.width])

    def on_input_changed(self) -> None:
        """Without an address nothing can be made."""
        self.query_one("#make", Button).disabled = self._wrong() is not None
        self._say("")

    def _wrong(self) -> WaybillError | None:
        try:
            people.checked_email(self.query_one(Input).value)
        except WaybillError as error:
            return error
        return None

    def on_input_submitted(self) -> None:
        """Enter goes on to the button, and makes nothing."""
        if (error := self._wrong()) is not None:
            self._say(_told(error))
            return
        self.query_one("#make").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Leave, or make it."""
        if event.button.id == "leave":
            self.action_leave()
        elif not self._making:
            self._making = True
            self._say("Making it ...")
            self.run_worker(self._make, thread=True, exit_on_error=False)

    def _make(self) -> None:
        try:
            made = installation.create(self._home, email=self.query_one(Input).value)
        except (WaybillError, OSError) as error:
            self.call_from_thread(self._failed, error)
            return
        self.call_from_thread(self.exit, made)

    def _failed(self, error: Exception) -> None:
        self._making = False
        self._say(_told(error))

    def _say(self, text: str) -> None:
        self.query_one("#said", Static).update(Text(text))

    def action_leave(self) -> None:
        """Nothing was made."""
        self.exit(None)


def _told(error: Exception) -> str:
    if isinstance(error, WaybillError):
        return f"! {error.message}. {error.remedy[:1].upper()}{error.remedy[1:]}."
    return f"! {error}"
