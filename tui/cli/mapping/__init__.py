"""`waybill mapping`: which columns a file has, saved under a name, every change a new version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from models import mapping_check, mapping_fields, mapping_list, mapping_ready, mappings
from models.document_fields import FIELDS
from models.entities import LegalEntity
from models.errors import Conflict, InvalidInput
from models.invoices import Direction
from models.mappings import Mapping
from tui.cli.console import (
    Session,
    Verbs,
    entity_option,
    in_session,
    refuse_empty_edit,
    yes_option,
)
from tui.cli.mapping.checking import check_mapping
from tui.cli.mapping.layouts import json_path, layout_given, layout_options, ready_option
from tui.cli.mapping.ready import list_functions, list_ready


@click.group("mapping", cls=Verbs)
def command() -> None:
    """Mappings: columns, their order and headers, and how values are written."""


for _verb in (check_mapping, list_functions, list_ready):
    command.add_command(_verb)


@command.command("list")
@entity_option
@in_session
def list_mappings(session: Session, entity_name: str | None) -> None:
    """The saved mappings of a legal entity."""
    session.table(
        [_as_item(mapping) for mapping in mappings.of_entity(session.entity(entity_name))],
        ["name", "version", "columns"],
        empty="No mapping yet. Files then have the default columns. Make one: waybill mapping create NAME "
        "--columns number,party.name,totals.payable",
    )


@command.command("show")
@click.argument("name")
@click.option("--version", type=click.IntRange(1), help="An earlier version; else the current one.")
@entity_option
@in_session
def show_mapping(session: Session, name: str, version: int | None, entity_name: str | None) -> None:
    """One mapping with its layout; `create --file` and `edit --file` take what --json prints."""
    mapping = mappings.find(session.entity(entity_name), name)
    layout = mappings.layout_of(mapping, version).to_dict()
    item = _as_item(mapping) | {"version": version or mapping.version, "layout": layout}
    if not session.as_json:
        item |= {"columns": [_column_text(column) for column in layout.pop("columns")]}
    session.show(item)


@command.command("create")
@click.argument("name")
@layout_options
@ready_option
@entity_option
@in_session
def create_mapping(session: Session, name: str, entity_name: str | None, **layout: Any) -> None:
    """Save a mapping from a file, from --columns or from a ready one; `mapping fields` lists all fields."""
    entity = session.entity(entity_name)
    mapping = mappings.create(session.actor, entity, name, layout_given(**layout))
    item = _as_item(mapping)
    session.answer(item, f"created the mapping {mapping.name} with {len(item['columns'])} columns")
    for note in mapping_ready.find(layout["begin"]).notes if layout["begin"] else ():
        session.warn(note)
    _warn_of_unknown(session, entity, mapping)


@command.command("edit")
@click.argument("name")
@layout_options
@entity_option
@in_session
def edit_mapping(session: Session, name: str, entity_name: str | None, **layout: Any) -> None:
    """Replace the layout by a new version; jobs under way keep theirs."""
    refuse_empty_edit()
    mapping = mappings.find(session.entity(entity_name), name)
    before = mapping.version
    changed = mappings.edit(session.actor, mapping, layout_given(**layout))
    done = f"the mapping {name} is now version {changed.version}"
    session.answer(_as_item(changed), done if changed.version > before else "it is so already")
    _warn_of_unknown(session, changed.entity, changed)
    if changed.version > before:
        _warn_of_users(session, changed)


@command.command("diff")
@click.argument("name")
@click.option("--from", "first", type=click.IntRange(1), help="A version; else the one before --to.")
@click.option("--to", "second", type=click.IntRange(1), help="A version; else the current one.")
@entity_option
@in_session
def diff_mapping(
    session: Session, name: str, first: int | None, second: int | None, entity_name: str | None
) -> None:
    """What changed between two versions."""
    mapping = mappings.find(session.entity(entity_name), name)
    after = second or mapping.version
    before = first or max(1, after - 1)
    changes = mapping_list.compared(mapping, before, after)
    item = {"name": mapping.name, "from": before, "to": after, "changes": changes}
    session.answer(item, "\n".join(changes) or f"versions {before} and {after} are the same")


@command.command("rename")
@click.argument("name")
@click.argument("new_name")
@entity_option
@in_session
def rename_mapping(session: Session, name: str, new_name: str, entity_name: str | None) -> None:
    """Call a mapping otherwise; the schedules that use it go on doing so."""
    mapping = mappings.rename(session.actor, mappings.find(session.entity(entity_name), name), new_name)
    session.answer(_as_item(mapping), f"the mapping {name} is now called {mapping.name}")


@command.command("delete")
@click.argument("name")
@yes_option
@entity_option
@in_session
def delete_mapping(session: Session, name: str, yes: bool, entity_name: str | None) -> None:
    """Take a mapping out of use; not while a schedule uses it."""
    mapping = mappings.find(session.entity(entity_name), name)
    session.confirm(f"Delete the mapping {mapping.name}?", yes=yes)
    mappings.delete(session.actor, mapping)
    session.answer(_as_item(mapping), f"deleted the mapping {mapping.name}")


@command.command("preview")
@click.argument("name", required=False)
@layout_options
@click.option(
    "--direction", type=click.Choice([one.value for one in Direction]), default=Direction.PAYABLE.value
)
@click.option("--count", type=click.IntRange(1, 200), default=10, show_default=True, help="Invoices shown.")
@entity_option
@in_session
def preview_mapping(
    session: Session, name: str | None, direction: str, count: int, entity_name: str | None, **layout: Any
) -> None:
    """The first rows as a saved mapping, or one that is tried, would write them; nothing is kept."""
    from worker import mapping_preview

    entity = session.entity(entity_name)
    saved = None if name is None else mappings.layout_of(mappings.find(entity, name)).to_dict()
    shown = mapping_preview.show(
        session.actor, entity, saved or layout_given(**layout), direction=Direction(direction), limit=count
    )
    refused = [{"invoice": number, "reason": found.reason} for number, found in shown.refused]
    item = {"header": shown.header, "rows": shown.rows, "refused": refused, "pending": shown.pending}
    session.answer(item, shown.text.replace("\r\n", "\n").rstrip())
    for one in refused:
        session.warn(f"{one['invoice']} could not go: {one['reason']}")
    if not shown.pending:
        session.warn("no invoice is pending; these are the newest")


@command.command("export")
@click.argument("name")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@entity_option
@in_session
def export_mapping(session: Session, name: str, file: Path, entity_name: str | None) -> None:
    """Write a mapping to a file that `import` takes, here or in another installation."""
    mapping = mappings.find(session.entity(entity_name), name)
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(mapping_fields.as_file(mapping))
    except FileExistsError as error:
        raise Conflict(f"{file} is there already", remedy="name another file") from error
    session.answer(_as_item(mapping) | {"file": str(file)}, f"wrote the mapping {mapping.name} to {file}")


@command.command("import")
@click.argument("file", type=json_path)
@click.option("--name", help="Its name here; else the one in the file.")
@entity_option
@in_session
def import_mapping(session: Session, file: Path, name: str | None, entity_name: str | None) -> None:
    """Save a mapping out of a file; one of that name gets a new version."""
    entity = session.entity(entity_name)
    told, layout = mapping_fields.read(file.read_text(encoding="utf-8"))
    wanted = name or told
    if not wanted:
        raise InvalidInput(f"{file} names no mapping", remedy="say --name")
    known = next((one for one in mappings.of_entity(entity) if one.name == wanted), None)
    if known is None:
        mapping = mappings.create(session.actor, entity, wanted, layout)
        session.answer(_as_item(mapping), f"the mapping {mapping.name} is version 1, a new one")
        return
    before = known.version
    mapping = mappings.edit(session.actor, known, layout)
    if mapping.version == before:
        session.answer(_as_item(mapping), f"the mapping {mapping.name} says so already, in version {before}")
        return
    session.answer(_as_item(mapping), f"the mapping {mapping.name} is now version {mapping.version}")
    _warn_of_users(session, mapping)


def _warn_of_users(session: Session, mapping: Mapping) -> None:
    if users := mapping_fields.used_by(mapping):
        session.warn(f"from now on these schedules write so: {', '.join(users)}")


@command.command("fields")
@click.option("--search", default="", help="Text within the field's path, title or description.")
@in_session
def list_fields(session: Session, search: str) -> None:
    """Everything a column can show; a column of the source that is not among them is custom.NAME."""
    wanted = search.casefold()
    items = [
        {
            "field": field.path,
            "title": field.title,
            "kind": field.kind,
            "per_line": field.of_line,
            "of": field.scope,
            "about": field.about,
        }
        for field in FIELDS.values()
        if wanted in f"{field.path} {field.title} {field.about}".casefold()
    ]
    session.table(
        items, ["field", "title", "kind", "per_line"], empty=f"No field has {search!r} in its name."
    )


def _warn_of_unknown(session: Session, entity: LegalEntity, mapping: Mapping) -> None:
    for _, header, path in mapping_check.unknown(entity, mappings.layout_of(mapping).to_dict()):
        session.warn(f"no document of late has {path}, which the column {header!r} shows")


def _column_text(column: dict[str, Any]) -> str:
    shown = column.get("source") or column.get("value") or f"{column['constant']!r}"
    return f"{column['header']} = {shown}"


def _as_item(mapping: Mapping) -> dict[str, Any]:
    layout = mappings.layout_of(mapping)
    return {
        "id": mapping.id,
        "name": mapping.name,
        "entity": mapping.entity.name,
        "version": mapping.version,
        "columns": [column.header for column in layout.columns],
    }
