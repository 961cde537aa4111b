"""What a form asks with: a tick, a choice, a line of text; each reads without colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input


class Choice(Widget, can_focus=True):
    """One of several: `< weekly >`; left and right go through them, a letter to the next that begins so."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "turn(1)", "Next choice", show=False),
        Binding("left", "turn(-1)", "Choice before", show=False),
    ]
    value: reactive[str] = reactive("")

    class Changed(Message):
        """Another one was chosen."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

    def __init__(self, choices: Sequence[str], value: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.choices = list(choices)
        self.set_reactive(Choice.value, value if value in self.choices else next(iter(self.choices), ""))

    def render(self) -> Text:
        """The one that is chosen, and that there are others."""
        place = self.choices.index(self.value) + 1 if self.value in self.choices else 0
        text = Text(f"< {self.value or '-'} >", "bold reverse" if self.has_focus else "", no_wrap=True)
        return text.append(f"  {place} of {len(self.choices)}", "not bold not reverse dim")

    def watch_value(self) -> None:
        """Tell the form."""
        self.post_message(self.Changed(self))

    def action_turn(self, by: int) -> None:
        """Another one."""
        if self.choices:
            place = self.choices.index(self.value) if self.value in self.choices else -by
            self.value = self.choices[(place + by) % len(self.choices)]

    def on_key(self, event: events.Key) -> None:
        """The next one that begins with the letter."""
        if event.character and event.character.isalnum():
            place = self.choices.index(self.value) + 1 if self.value in self.choices else 0
            order = self.choices[place:] + self.choices[:place]
            found = [each for each in order if each.lower().startswith(event.character.lower())]
            self.value = found[0] if found else self.value
            event.stop()


_EDITING = {
    key: binding.action
    for binding in Input.BINDINGS
    if isinstance(binding, Binding) and binding.action != "submit"
    for key in binding.key.split(",")
}
"""What moves and deletes in a line of text."""


class TextLine(Input):
    """A line of text that takes its keys in the order they are typed.

    Textual takes a letter at once, and looks for a key's binding only when the key has gone up through all
    that the line stands in: of what is typed fast, a letter would overtake the backspace before it.
    """

    async def on_key(self, event: events.Key) -> None:
        """Edit at once too."""
        action = _EDITING.get(event.key)
        if action is not None:
            event.prevent_default().stop()
            await self.run_action(action)


class SecretLine(TextLine):
    """A secret, masked. A paste keeps its lines: a private key has several."""

    def __init__(self, *, placeholder: str = "", id: str | None = None) -> None:  # noqa: A002
        super().__init__(password=True, placeholder=placeholder, compact=True, select_on_focus=False, id=id)

    def on_paste(self, event: events.Paste) -> None:
        """In place of Textual's, which takes the first line."""
        event.prevent_default().stop()
        self.insert_text_at_cursor(event.text)


class Tick(Choice):
    """Yes or no: `[x] yes`."""

    def __init__(self, *, on: bool, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(["no", "yes"], "yes" if on else "no", id=id)

    def render(self) -> Text:
        """The box and the word."""
        on = self.value == "yes"
        return Text(
            f"[{'x' if on else ' '}] {self.value}", "bold reverse" if self.has_focus else "", no_wrap=True
        )
