"""`waybill mapping check`: everything wrong with a mapping, column by column, and what the sources lack."""

from __future__ import annotations

from typing import Any

import click

from models import mapping_check, mappings
from models.invoices import Direction
from tui.cli.console import Session, entity_option, in_session, sentence
from tui.cli.mapping.layouts import layout_given, layout_options
from tui.wording import counted

_TRIED = 200


@click.command("check")
@click.argument("name", required=False)
@layout_options
@entity_option
@in_session
def check_mapping(session: Session, name: str | None, entity_name: str | None, **layout: Any) -> None:
    """Check one mapping, or one that is not saved, or all: columns, what sources give, invoices that wait.

    Exit code 1 when something is wrong.
    """
    entity = session.entity(entity_name)
    if any(layout.values()):
        wanted = {name or "the layout": layout_given(**layout)}
    else:
        saved = mappings.of_entity(entity) if name is None else [mappings.find(entity, name)]
        wanted = {one.name: mappings.layout_of(one).to_dict() for one in saved}
    items = [item for named, data in wanted.items() for item in _found(session, entity_name, named, data)]
    if session.as_json:
        session.table(items, [], empty="")
    else:
        for item in items:
            place = f"column {item['place']} {item['column']!r}: " if item["place"] else ""
            told = sentence(f"{item['mapping']}: {place}{item['message']}", item["remedy"])
            click.echo(told, err=True)
        click.echo(f"{len(wanted):,} checked, {counted(len(items), 'finding')}")
    if items:
        click.get_current_context().exit(1)


def _found(
    session: Session, entity_name: str | None, named: str, data: dict[str, Any]
) -> list[dict[str, Any]]:
    entity = session.entity(entity_name)
    wrong = [
        {"place": each.place, "column": each.header, "message": each.message, "remedy": each.remedy}
        for each in mapping_check.wrong_columns(data)
    ]
    if not wrong:
        wrong = [*_lacking(entity, data), *_refused(session, entity, data)]
    return [{"mapping": named, **each} for each in wrong]


def _lacking(entity: Any, data: dict[str, Any]) -> list[dict[str, Any]]:
    remedy = "take the column out (waybill mapping edit), or have the source give it again"
    return [
        {"place": place, "column": header, "message": f"{path} is in no document of late", "remedy": remedy}
        for place, header, path in mapping_check.unknown(entity, data)
    ]


def _refused(session: Session, entity: Any, data: dict[str, Any]) -> list[dict[str, Any]]:
    """What of the invoices that wait could not go, once for each column."""
    from worker import mapping_preview

    found: dict[tuple[str, str], dict[str, Any]] = {}
    headers = [column if isinstance(column, str) else column.get("header", "") for column in data["columns"]]
    for direction in Direction:
        shown = mapping_preview.show(session.actor, entity, data, direction=direction, limit=_TRIED)
        for _, problem in shown.refused if shown.pending else ():
            place = headers.index(problem.column) + 1 if problem.column in headers else 0
            told = {"place": place, "column": problem.column, "message": problem.reason}
            found.setdefault((problem.code, problem.column), {**told, "remedy": problem.remedy})
    return list(found.values())
