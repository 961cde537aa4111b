"""Which invoices a repair is about, as the command line takes it: by number, or by what they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import click

from models import destinations, facilities, invoices, parties
from models.destinations import Destination, LedgerState
from models.entities import LegalEntity
from models.facilities import Facility, FacilityState
from models.invoices import Direction
from models.jobs import Job, detail
from models.repairs.ledger import Choice
from tui.cli.console import ROW_ID, Moment, Session

F = TypeVar("F", bound=Callable[..., Any])

state_type = click.Choice([state.value for state in LedgerState])
_day = Moment("%Y-%m-%d")

_CHOICE = (
    click.argument("numbers", nargs=-1, metavar="[NUMBER]..."),
    click.option("--job", "job_id", type=ROW_ID, help="Those that this job carries."),
    click.option("--party", "party_name", help="Those of this party: id, number, identifier or name."),
    click.option("--from", "since", type=_day, help="Those issued on this day or after it."),
    click.option("--to", "until", type=_day, help="Those issued up to this day."),
    click.option("--state", type=state_type, help="Those that stand so."),
    click.option("--changed", is_flag=True, help="Those whose content changed after they were exported."),
    click.option("--destination", "label", help="Of which one, e.g. payable/warehouse; else payable/main."),
)


def choosing(act: F) -> F:
    """Give a command the options that say which invoices."""
    for option in reversed(_CHOICE):
        act = option(act)
    return act


def choice(session: Session, entity: LegalEntity, given: dict[str, Any]) -> Choice:
    """What these options say; raises `UsageError` where they say nothing, or two things."""
    party = parties.find(entity, given["party_name"]) if given["party_name"] is not None else None
    if given["job_id"] is not None:
        detail.find(session.actor, given["job_id"])  # a job that cannot be seen chooses nothing
    chosen = Choice(
        numbers=given["numbers"],
        job_id=given["job_id"],
        party_id=party.id if party else None,
        since=given["since"].date() if given["since"] else None,
        until=given["until"].date() if given["until"] else None,
        state=LedgerState(given["state"]) if given["state"] else None,
        changed=given["changed"],
    )
    conditions = replace(chosen, numbers=())
    if bool(chosen.numbers) == conditions.says_something:
        raise click.UsageError("give NUMBERs, or conditions such as --job, but not both")
    return chosen


def destination(entity: LegalEntity, given: dict[str, Any]) -> Destination:
    """The one that is named; else the main one of the first invoice's, or job's, direction."""
    if given["label"] is not None:
        return destinations.find(entity, given["label"])
    if given["numbers"]:
        return destinations.find(entity, invoices.find(entity, given["numbers"][0]).direction)
    if given["job_id"] is not None:
        found: Destination = Job.get_by_id(given["job_id"]).destination
        return found
    return destinations.find(entity, Direction.PAYABLE)


def facility(entity: LegalEntity, name: str | None, given: dict[str, Any]) -> Facility:
    """The one that is named; else the active one of the destination."""
    if name is not None:
        return facilities.find(entity, name)
    place = destination(entity, given)
    serving = [one for one in facilities.of_entity(entity) if one.destination_id == place.id]
    active = [one for one in serving if one.state == FacilityState.ACTIVE]
    return active[0] if active else facilities.find(entity, None)
