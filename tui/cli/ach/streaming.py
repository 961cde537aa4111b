"""A list in JSON that is written as its items come, however many they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import click


def stream_list(items: Iterable[Mapping[str, Any]]) -> int:
    """Write `{"items": [...], "next": null}`, an item a line; returns how many items there were."""
    number = 0
    click.echo('{\n  "items": [', nl=False)
    for number, item in enumerate(items, 1):
        click.echo(f"{',' * (number > 1)}\n    {json.dumps(item, ensure_ascii=False)}", nl=False)
    click.echo(("\n  ]" if number else "]") + ',\n  "next": null\n}')
    return number
