"""A secret that is shown once: hidden after a time, and left only on proof that it was kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from tui.kit.live import Asking, Degrading
from tui.widgets.buttons import PlainButton

_SECONDS = 120


class SecretScreen(Degrading, Asking, ModalScreen[bool]):
    """Dismisses with True when its last four characters were typed, False when it was given up.

    The value lives in this object alone: no reactive attribute, no log, no notice, no screenshot (the palette
    is off here). `revoke`, when given, makes it worthless when it is given up; it runs in a thread.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", "Give up", show=False)]

    def __init__(
        self,
        title: str,
        secret: str,
        how: str = "",
        *,
        folder: Path,
        revoke: Callable[[], object] | None = None,
    ) -> None:
        """`how`: the command it is used with; `folder`: where a file of it may be written."""
        super().__init__()
        self._title = title
        self._secret: str | None = secret
        self._end = secret[-4:]
        self._how = how
        self._folder = folder
        self._revoke = revoke
        self._left = _SECONDS

    def compose(self) -> ComposeResult:
        """The secret, what can be done with it, and the proof."""
        with Vertical(id="box") as box:
            box.border_title = f"{self._title}: shown ONCE"
            box.border_subtitle = "tab next · enter press · esc give up" + (
                " and revoke" if self._revoke else ""
            )
            yield Static(id="secret", markup=False)
            yield Static("Keep it in your vault now. It cannot be shown again.", markup=False)
            yield Static(Text(self._how), id="how")
            with Horizontal(id="buttons"):
                yield PlainButton("Hide", id="hide")
                yield PlainButton("Copy", id="copy")
                yield PlainButton("Write to a file", id="file")
            with Horizontal(id="why"):
                yield Static("Type its last 4 characters to finish ", id="label")
                yield Input(id="proof", max_length=4, compact=True)
            yield Static(id="said", markup=False)

    def on_mount(self) -> None:
        """Show it, and count down."""
        self.query_one(Input).cursor_blink = False
        self.query_one(Input).focus()
        self._draw()
        self.set_interval(10, self._tick)

    def on_resize(self) -> None:
        """One line where there is no room."""
        self.fit()

    def _draw(self) -> None:
        text = "(hidden)" if self._secret is None else f"{self._secret}    hides in {self._left} s"
        self.query_one("#secret", Static).update(Text(text, "bold"))

    def _tick(self) -> None:
        if self._secret is None:
            return
        self._left -= 10
        if self._left <= 0:
            self._secret = None
        self._draw()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Hide it, hand it to the terminal, or write a file."""
        if event.button.id == "hide":
            self._secret = None
            self._draw()
        elif self._secret is None:
            self._say("It is hidden: give it up and make another.")
        elif event.button.id == "copy":
            self.app.copy_to_clipboard(self._secret)
            self._say("Sent to the terminal's clipboard; not every terminal takes it, so look.")
        else:
            self._write(self._secret)

    def _write(self, secret: str) -> None:
        path = self._folder / "secret.txt"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            self._say(f"{path}: {error.strerror}")
            return
        with os.fdopen(handle, "w") as file:
            file.write(f"{secret}\n")
        self._say(f"Written to {path}, readable by this account alone. Take it away from there.")

    def _say(self, text: str) -> None:
        self.query_one("#said", Static).update(Text(text))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The last four characters are the proof."""
        if event.value == self._end:
            self._secret = None
            self.dismiss(True)
        else:
            self._say("These are not its last 4 characters.")

    def action_give_up(self) -> None:
        """Leave without it."""
        self._secret = None
        if self._revoke is None:
            self.dismiss(False)
            return
        self.ask(self._revoke, self._revoked, group="revoke")

    def _revoked(self, _: object) -> None:
        self.dismiss(False)
