"""`waybill format`: the file types there are, as each declares itself."""

from __future__ import annotations

from typing import Any

import click

from models.catalogue import discover
from tui.cli.console import Session, Verbs, in_session


@click.group("format", cls=Verbs)
def command() -> None:
    """File types: which of a job's files they can be, and what they need set."""


@command.command("list")
@in_session
def list_formats(session: Session) -> None:
    """Every file type."""
    items = [_as_item(key, plugin) for key, plugin in sorted(discover("waybill.formats").items())]
    session.table(
        items,
        ["format", "title", "extension", "routes", "uses_mapping"],
        empty="No file type was found: Waybill is not installed as it should be.",
    )


def _as_item(key: str, plugin: type[Any]) -> dict[str, Any]:
    return {
        "format": key,
        "title": plugin.title,
        "extension": plugin.extension,
        "routes": sorted(plugin.routes),
        "uses_mapping": plugin.uses_columns,
        "settings": [
            {"key": f"{key}.{setting.name}", "help": setting.help, "required": setting.required}
            for setting in plugin.settings
        ],
    }
