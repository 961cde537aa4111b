"""`waybill settings`: how this installation is set up, and where each value comes from."""

from __future__ import annotations

from typing import Any

import click

from models import settings_file
from models.settings_file import Entry, Source
from tui.cli.console import Session, Verbs, in_session

_RESTART = "restart the services for it to take effect"


@click.group("settings", cls=Verbs)
def command() -> None:
    """The settings of this installation: those of waybill.toml, of the environment, and the defaults."""


@command.command("list")
@in_session
def list_settings(session: Session) -> None:
    """Every setting with its value and where that comes from."""
    items = [_as_item(entry) for entry in settings_file.entries()]
    session.table(items, ["key", "value", "source", "variable"], empty="")


@command.command("set")
@click.argument("key")
@click.argument("value")
@in_session
def set_setting(session: Session, key: str, value: str) -> None:
    """Write one setting to waybill.toml; its comments and everything else stay as they are."""
    entry = settings_file.change(session.actor, key, value)
    session.answer(_as_item(entry), f"{key} is now {_shown(entry)}; {_RESTART}")


@command.command("unset")
@click.argument("key")
@in_session
def unset_setting(session: Session, key: str) -> None:
    """Take one setting out of waybill.toml: its default counts again."""
    was = settings_file.find(key).source
    entry = settings_file.change(session.actor, key, None)
    done = f"{key} is {_shown(entry)} again, its default; {_RESTART}"
    session.answer(_as_item(entry), done if was is Source.FILE else "it is so already")


def _shown(entry: Entry) -> str:
    if isinstance(entry.value, bool):
        return "yes" if entry.value else "no"
    return str(entry.value) or "empty"


def _as_item(entry: Entry) -> dict[str, Any]:
    return {
        "key": entry.key,
        "about": entry.about,
        "value": entry.value,
        "default": entry.default,
        "source": entry.source.value,
        "variable": entry.variable,
    }
