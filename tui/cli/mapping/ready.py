"""`waybill mapping ready` and `functions`: what there is to begin with, and what expressions can do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import click

from models import mapping_ready
from models.columns import Layout
from models.columns.functions import FUNCTIONS
from models.mapping_ready import Ready
from tui.cli.console import Session, in_session


@click.command("ready")
@click.argument("name", required=False)
@in_session
def list_ready(session: Session, name: str | None) -> None:
    """The mappings that ship ready, or all about one; `mapping create MINE --from NAME` begins with it."""
    if name is not None:
        ready = mapping_ready.find(name)
        session.answer(asdict(ready), "\n".join(_lines(ready)))
        return
    items = [
        {"name": ready.key, "title": ready.title, "format": ready.format, "about": ready.about}
        for ready in mapping_ready.listed()
    ]
    session.table(items, ["name", "title", "format"], empty="Waybill is not installed as it should be.")


@click.command("functions")
@in_session
def list_functions(session: Session) -> None:
    """What a column's expression (its value) can do."""
    items = [{"function": one.name, "example": one.form, "about": one.about} for one in FUNCTIONS.values()]
    session.table(items, ["function", "example", "about"], empty="There is none.")


def _lines(ready: Ready) -> Iterator[str]:
    yield f"{ready.title}, for {ready.format} files"
    yield ready.about
    yield ""
    for column in Layout.from_dict(ready.layout).columns:
        shown = column.value or column.source or repr(column.constant)
        yield f"  {column.header:24} {shown}"
    yield ""
    for note in ready.notes:
        yield f"- {note}"
    yield f"- Columns as told by: {ready.source}"
