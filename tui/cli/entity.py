"""`waybill entity`: the companies whose invoices these are."""

from __future__ import annotations

from typing import Any

import click

from models import entities
from models.entities import LegalEntity
from tui.cli.console import Session, Verbs, in_session, refuse_empty_edit


@click.group("entity", cls=Verbs)
def command() -> None:
    """Legal entities: the companies whose invoices these are."""


@command.command("list")
@in_session
def list_entities(session: Session) -> None:
    """The legal entities you hold a role for."""
    items = [_as_item(entity) for entity in entities.visible(session.actor)]
    session.table(
        items,
        ["name", "identifiers", "zone", "export_scheduler"],
        empty="No legal entity yet. Make one: waybill entity create NAME",
    )


@command.command("show")
@click.argument("name", required=False)
@in_session
def show_entity(session: Session, name: str | None) -> None:
    """One legal entity and its preferences."""
    session.show(_as_item(_find(session, name)))


@command.command("create")
@click.argument("name")
@click.option(
    "--zone", default="UTC", show_default=True, help="Where its days begin, e.g. Europe/Copenhagen."
)
@click.option("--country", default="", help="Two letters.")
@click.option("--identifier", "identifiers", multiple=True, help="A number it is known by in documents.")
@in_session
def create_entity(session: Session, name: str, zone: str, country: str, identifiers: tuple[str, ...]) -> None:
    """Add a legal entity; the name is all it needs."""
    entity = entities.create(session.actor, name, zone=zone, country=country, identifiers=list(identifiers))
    session.answer(_as_item(entity), f"created the legal entity {entity.name}")


@command.command("edit")
@click.argument("name", required=False)
@click.option("--name", "new_name", help="Its new name.")
@click.option("--zone", help="Where its days begin, e.g. Europe/Copenhagen.")
@click.option("--country", help="Two letters.")
@click.option("--identifier", "identifiers", multiple=True, help="Replaces all identifiers; give each.")
@click.option("--schedule-limit", type=int, help="How many schedules may be enabled at once.")
@click.option("--export-scheduler/--no-export-scheduler", default=None, help="Whether schedules fire at all.")
@click.option("--manual-exports/--no-manual-exports", default=None, help="Whether people may export by hand.")
@in_session
def edit_entity(session: Session, name: str | None, new_name: str | None, **changes: Any) -> None:
    """Change what is given."""
    refuse_empty_edit()
    changes["identifiers"] = list(changes["identifiers"]) or None
    entity = entities.edit(session.actor, _find(session, name), name=new_name, **changes)
    session.answer(_as_item(entity), f"changed the legal entity {entity.name}")


def _find(session: Session, name: str | None) -> LegalEntity:
    return entities.find(session.actor, name, asked="give as NAME")


def _as_item(entity: LegalEntity) -> dict[str, Any]:
    return {
        "id": entity.id,
        "name": entity.name,
        "country": entity.country,
        "zone": entity.zone,
        "identifiers": entities.identifiers(entity),
        "folder": entity.folder,
        "schedule_limit": entity.schedule_limit,
        "export_scheduler": entity.export_scheduler,
        "manual_exports": entity.manual_exports,
    }
