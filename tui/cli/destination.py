"""`waybill destination`: what keeps its own record of what it has received."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from models import destinations
from models.destinations import Destination
from models.invoices import Direction
from tui.cli.console import Moment, Session, Verbs, entity_option, in_session


@click.group("destination", cls=Verbs)
def command() -> None:
    """Destinations and their export ledgers: where each invoice went, and what still waits."""


@command.command("list")
@entity_option
@in_session
def list_destinations(session: Session, entity_name: str | None) -> None:
    """The destinations of a legal entity, and how many invoices stand where."""
    session.table(
        [_as_item(destination) for destination in destinations.of_entity(session.entity(entity_name))],
        ["destination", "since", "pending", "in_progress", "exported", "on_hold"],
        empty="No destination. Each legal entity has two: waybill entity list",
    )


@command.command("show")
@click.argument("destination")
@entity_option
@in_session
def show_destination(session: Session, destination: str, entity_name: str | None) -> None:
    """One destination (payable, receivable, or payable/NAME)."""
    session.show(_as_item(destinations.find(session.entity(entity_name), destination)))


@command.command("create")
@click.argument("destination", metavar="DIRECTION/NAME")
@click.option("--since", type=Moment("%Y-%m-%d"), help="Only invoices issued from this day on belong to it.")
@entity_option
@in_session
def create_destination(
    session: Session, destination: str, since: datetime | None, entity_name: str | None
) -> None:
    """Add a stream: the same invoices once more, for another system, such as payable/warehouse."""
    direction, _, name = destination.partition("/")
    made = destinations.create(
        session.actor,
        session.entity(entity_name),
        _direction(direction),
        name,
        since=since.date() if since else None,
    )
    item = _as_item(made)
    session.answer(item, f"created the destination {made.label}; {item['pending']} invoices wait for it")


def _direction(text: str) -> Direction:
    if text not in list(Direction):
        raise click.BadParameter("give payable/NAME or receivable/NAME", param_hint="DIRECTION/NAME")
    return Direction(text)


def _as_item(destination: Destination) -> dict[str, Any]:
    return {
        "id": destination.id,
        "entity": destination.entity.name,
        "destination": destination.label,
        "since": destination.since or None,
        **{state.value: count for state, count in destinations.counts(destination).items()},
    }
