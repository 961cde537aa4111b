"""A list in JSON that is written as its items come, however many they are."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

import click

from tui.cli.console import to_json


def stream_list(items: Iterable[Mapping[str, Any]]) -> int:
    """Write `{"items": [...], "next": null}`; returns how many items there were."""
    number = 0
    click.echo('{\n  "items": [', nl=False)
    for number, item in enumerate(items, 1):
        click.echo("," * (number > 1) + "\n" + textwrap.indent(to_json(item), "    "), nl=False)
    click.echo(("\n  ]" if number else "]") + ',\n  "next": null\n}')
    return number
