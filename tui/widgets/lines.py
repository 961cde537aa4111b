"""The one-line widgets: who and when at the top, which list below it, and trouble across both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.text import Text
from textual.widgets import Static

from tui.wording import one_line


class Line(Static):
    """One line that redraws only when its text changes, and never lays anything out anew."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._shown: Text | None = None

    def put(self, text: Text) -> None:
        """Show a text."""
        if text != self._shown:
            self._shown = text
            self.update(text, layout=False)


class HeadLine(Line):
    """Where one is, who one is, and how things stand: `1 JOBS  2 Schedules  anna@…  1 running  as of …`."""

    def set(
        self, where: Iterable[tuple[str, bool]], who: str, stands: Sequence[str], *, urgent: bool
    ) -> None:
        """Fit the parts into the width; of `stands` the first that fits, and `who` gives way to it."""
        text, width = Text(" ", no_wrap=True, end=""), self.app.size.width
        for label, current in where:
            text.append(label.upper() if current else label, "bold reverse" if current else "").append(" ")
        left = width - text.cell_len - 1
        shown = next((each for each in stands if len(each) <= left), stands[-1])
        middle = Text(one_line(who) if (room := left - len(shown) - 3) > 5 else "", no_wrap=True)
        middle.truncate(max(room, 0), overflow="ellipsis")
        if middle:
            text.append("  ").append_text(middle)
        text.append(" " * max(0, width - text.cell_len - len(shown) - 1))
        text.append(shown, "bold yellow" if urgent else "")
        self.put(text)


class TabLine(Line):
    """Which lists there are, with their counts; the one shown stands in brackets."""

    def set(self, tabs: Iterable[tuple[str, int | None, bool]], note: str = "") -> None:
        """Show label, count and whether it is the current one; `note` stands at the right.

        Where that does not fit, the counts of the others are rounded: `100k`.
        """
        shown, width = list(tabs), self.app.size.width
        text = _tabs(shown, lambda number: f"{number:,}")
        if text.cell_len + len(note) + 1 > width:
            text = _tabs(shown, _rounded)
        text.truncate(max(0, width - len(note) - 2))
        text.append(" " * max(1, width - text.cell_len - len(note) - 1)).append(note)
        self.put(text)


def _tabs(tabs: Iterable[tuple[str, int | None, bool]], counted: Callable[[int], str]) -> Text:
    text = Text(" ", no_wrap=True, end="")
    for label, count, current in tabs:
        number = "" if count is None else f" {count:,}" if current else f" {counted(count)}"
        text.append(
            f"[{label}{number}]" if current else f" {label}{number} ", "bold reverse" if current else ""
        )
        text.append(" ")
    return text


def _rounded(number: int) -> str:
    if number < 10_000:
        return f"{number:,}"
    return f"{number // 1000:,}k" if number < 10_000_000 else f"{number // 1_000_000:,}M"


class Banner(Static):
    """Trouble that does not end the program; not there when there is none."""

    _said = ""

    def say(self, text: str) -> None:
        """Show it, or nothing when the text is empty."""
        if text == self._said:
            return
        self._said = text
        self.display = bool(text)
        if text:
            self.update(Text(f"! {text}"))


class KeyLine(Line):
    """The keys that matter here, as many as fit; what would be refused now stands in brackets."""

    def set(self, keys: Iterable[tuple[str, str, bool]]) -> None:
        """Show key, name and whether it would be done; help and palette stand at the right."""
        rest = "? Help ^p All"
        room = self.app.size.width - len(rest) - 3
        text = Text(" ", no_wrap=True, end="")
        for key, name, possible in keys:
            part = f"{key} {name}" if possible else f"({key} {name})"
            if text.cell_len + len(part) > room:
                break
            if possible:
                text.append(key, "bold").append(f" {name}  ", "not bold")
            else:
                text.append(f"{part}  ", "dim")
        text.append(" " * max(1, self.app.size.width - text.cell_len - len(rest) - 1)).append(rest)
        self.put(text)
