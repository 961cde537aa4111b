"""Declared acts of screens: one declaration feeds key, key line, palette, help and tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from textual.binding import Binding

from models.people import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One act of a screen, carried out by the screen's method `do_NAME`."""

    name: str
    title: str
    """What the key line and the palette call it: `Re-queue`."""
    help: str
    """One clause: `the marked jobs, or this one; shows a plan first`."""
    cli: str
    """The command that does the same: `waybill job requeue`."""
    key: str = ""
    """As Textual names it (`r`, `ctrl+s`, `question_mark`); empty: in the palette only."""
    action: Action | None = None
    """The permission it takes; without it the command stays in sight and says so."""
    footer: bool = True
    """Whether it stands in the key line while there is room."""


def bindings(commands: Iterable[Command]) -> Iterator[Binding]:
    """The commands' keys, as Textual wants them."""
    for command in commands:
        if command.key:
            yield Binding(
                command.key,
                f"command('{command.name}')",
                command.title,
                show=command.footer,
                tooltip=command.help,
            )
