"""A layout as it is given on the command line: a file, some fields, or a ready mapping."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from models import mapping_ready
from models.errors import InvalidInput
from tui.cli.console import json_file, pairs

F = TypeVar("F", bound=Callable[..., Any])

json_path = click.Path(exists=True, dir_okay=False, path_type=Path)
_FILE = click.option(
    "--file",
    "path",
    type=json_path,
    help="A JSON file with the whole layout, or what `mapping show --json` printed.",
)
_COLUMNS = click.option(
    "--columns", help='Instead of a file: fields with commas between, each "field" or "field=Header".'
)
_SET = click.option(
    "--set",
    "given",
    multiple=True,
    metavar="KEY=VALUE",
    help="With --columns: delimiter, decimal_mark, date_format and what else docs/mappings.md lists.",
)
ready_option = click.option(
    "--from", "begin", help="Instead of a file: a ready mapping; `waybill mapping ready` lists them."
)


def layout_options(act: F) -> F:
    """Take a layout from a file or from the command line; `layout_given` reads it."""
    return _FILE(_COLUMNS(_SET(act)))


def layout_given(
    *, path: Path | None, columns: str | None, given: tuple[str, ...], begin: str | None = None
) -> dict[str, Any]:
    """The layout as data, not yet checked."""
    if sum(each is not None for each in (path, columns, begin)) != 1:
        raise click.UsageError("give one of --file, --columns and, where there is such, --from")
    if columns is not None:
        entries = [_column(entry.strip()) for entry in columns.split(",")]
        return {"columns": entries, **_settings(given)}
    if begin is not None:
        return mapping_ready.find(begin).layout | _settings(given)
    if given:
        raise click.UsageError("--set goes with --columns; with --file it belongs into the file")
    return _of_file(path) if path is not None else {}


def _of_file(path: Path) -> dict[str, Any]:
    layout = json_file(path)
    if not isinstance(layout, dict):
        raise InvalidInput(f"{path} holds no JSON object", remedy='begin it with { and give "columns"')
    shown = layout.get("layout")  # what `show --json` prints around it
    return shown if isinstance(shown, dict) and "columns" in shown else layout


def _settings(given: tuple[str, ...]) -> dict[str, Any]:
    return {key: _value(value) for key, value in pairs(given).items()}


def _column(entry: str) -> str | dict[str, str]:
    source, mark, header = entry.partition("=")
    return {"source": source.strip(), "header": header.strip()} if mark else source


def _value(text: str) -> str | bool | int:
    words: dict[str, str | bool] = {"true": True, "yes": True, "false": False, "no": False, "tab": "\t"}
    return int(text) if text.isdecimal() else words.get(text.lower(), text)
