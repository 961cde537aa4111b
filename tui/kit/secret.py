"""A secret that is shown once: gone after a time, and left only on proof that it was kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import StringIO
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
from tui.widgets.inputs import TextLine

_SECONDS = 120


class SecretScreen(Degrading, Asking, ModalScreen[bool]):
    """Dismisses with True when its last four characters were typed, False when it was given up.

    The value lives in this object alone: no reactive attribute, no log, no notice, no screenshot (the palette
    is off here). Hidden it can be shown again until its time is over; then only its end is left, for the
    proof. `saved`, given what was typed, notes
    the proof; `revoke` makes the secret worthless when it is given up. Both run in a thread.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", "Give up", show=False)]

    def __init__(
        self,
        title: str,
        secret: str,
        how: str = "",
        *,
        folder: Path,
        file_name: str = "secret.txt",
        saved: Callable[[str], object] | None = None,
        revoke: Callable[[], object] | None = None,
    ) -> None:
        """`how`: the command it is used with; `folder` and `file_name`: where it may be written."""
        super().__init__()
        self._title = title
        self._secret: str | None = secret
        """None: its time is over."""
        self._hidden = False
        self._end = secret[-4:]
        self._how = how
        self._path = folder / file_name
        self._saved = saved
        self._revoke = revoke
        self._gave_up = False
        self._left = _SECONDS

    def compose(self) -> ComposeResult:
        """The secret, what can be done with it, and the proof."""
        with Vertical(id="box") as box:
            box.border_title = f"{self._title}: shown ONCE"
            box.border_subtitle = "tab next · enter press · esc give up" + (
                " and revoke" if self._revoke else ""
            )
            yield Static(id="secret", markup=False)
            yield Static(
                f"Keep it in your vault now. Once gone it cannot be shown again.{_kept_here()}", markup=False
            )
            yield Static(Text(self._how), id="how")
            with Horizontal(id="buttons"):
                yield PlainButton("Hide", id="hide")
                yield PlainButton("Copy", id="copy")
                yield PlainButton("Download" if self.app.is_web else "Write to a file", id="file")
            with Horizontal(id="why"):
                yield Static("Type its last 4 characters to finish ", id="label")
                yield TextLine(id="proof", max_length=4, compact=True)
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
        if self._secret is None:
            text = "(gone: its time is over)"
        elif self._hidden:
            text = f"(hidden)    gone in {self._left} s"
        else:
            text = f"{self._secret}    gone in {self._left} s"
        self.query_one("#secret", Static).update(Text(text, "bold"))
        hide = self.query_one("#hide", PlainButton)
        hide.text, hide.disabled = "Show again" if self._hidden else "Hide", self._secret is None

    def _tick(self) -> None:
        if self._secret is None:
            return
        self._left -= 10
        if self._left <= 0:
            self._secret = None
            self.query_one("#proof").focus()
        self._draw()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Hide it or show it again, hand it to the terminal, or write a file."""
        if event.button.id == "hide":
            self._hidden = not self._hidden
            self._draw()
        elif self._secret is None:
            self._say("It is gone. Type its last 4 characters if you kept it; else esc, and make another.")
        elif event.button.id == "copy":
            self._copy(self._secret)
        elif self.app.is_web:
            self.app.deliver_text(StringIO(f"{self._secret}\n"), save_filename=self._path.name)
            self._say("Handed to your browser. Take it away from where that puts downloads.")
        else:
            self._write(self._secret)

    def _copy(self, secret: str) -> None:
        self.app.copy_to_clipboard(secret)
        self.app._clipboard = ""  # the terminal has it; Textual would keep it for as long as it runs
        self._say("Sent to the terminal's clipboard; not every terminal takes it, so look.")

    def _write(self, secret: str) -> None:
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            self._say(f"{self._path} is there already: take it away first.")
            return
        except OSError as error:
            self._say(f"{self._path}: {error.strerror}")
            return
        with os.fdopen(handle, "w") as file:
            file.write(f"{secret}\n")
        self._say(f"Written to {self._path}, readable by this account alone. Take it away from there.")

    def _say(self, text: str) -> None:
        self.query_one("#said", Static).update(Text(text))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The last four characters are the proof."""
        typed, saved = event.value, self._saved
        if typed.strip() != self._end:
            event.input.clear()  # so that the next ones can be typed
            self._say(f"These are not its last 4 characters. {self._what_next()}")
        elif saved is None:
            self._leave(kept=True)
        else:
            self.ask(lambda: saved(typed), lambda _: self._leave(kept=True), group="saved")

    def _what_next(self) -> str:
        if self._secret is None:
            return "It is gone: if you did not keep it, esc gives it up."
        return "Show it again to see them." if self._hidden else "They stand above."

    def action_give_up(self) -> None:
        """Leave without it; the second time also when it could not be revoked."""
        again, self._gave_up, self._secret = self._gave_up, True, None
        self._draw()
        if self._revoke is None or again:
            self._leave(kept=False)
        else:
            self._say("Revoking it …")
            self.ask(self._revoke, lambda _: self._leave(kept=False), group="revoke")

    def troubled(self) -> None:
        """It could not be noted, or not be revoked: esc leaves all the same."""
        self._say("That could not be done. esc leaves; look what became of it in the list.")

    def _leave(self, *, kept: bool) -> None:
        self._secret = None
        if self.is_current:
            self.dismiss(kept)


def _kept_here() -> str:
    """What to mind where another program keeps what the terminal shows."""
    multiplexer = next((name for key, name in (("TMUX", "tmux"), ("STY", "screen")) if key in os.environ), "")
    return f" {multiplexer} may keep what it shows: rather write a file." if multiplexer else ""
