"""What must be true of a schedule before it may be kept or enabled: each refusal says what would be right."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from shlex import quote

from models import facility_settings, names
from models.catalogue import discover
from models.database import execute
from models.entities import LegalEntity
from models.errors import Conflict, InvalidInput
from models.facilities import Facility, FacilityState
from models.invoices import Direction
from models.jobs.records import Output, Route
from models.mappings import Mapping as SavedMapping
from models.people import Role, User, holders
from models.recurrence import Recurrence
from models.schedules.records import Instruction, Schedule

_NAMES_SHOWN = 10

# Touching the entity's row makes everyone else who counts wait for this transaction, on every database.
_LOCK_LIMIT = "UPDATE legal_entity SET schedule_limit = schedule_limit WHERE id = ? RETURNING schedule_limit"
_RUNNING = (
    "SELECT COUNT(*) FROM schedule WHERE entity_id = ? AND enabled AND next_due IS NOT NULL AND id <> ?"
)


def check_instruction(facility: Facility, instruction: Instruction) -> None:
    """Refuse what the facility, its entity or a format does not allow.

    Raises `Conflict`, `InvalidInput`, or `ConfigurationError` when the facility lacks a format's settings.
    """
    check_facility(facility)
    check_person(facility.entity, instruction.on_behalf_of)
    check_outputs(facility, instruction.outputs)


def check_outputs(facility: Facility, outputs: Mapping[Route, Output]) -> None:
    """Refuse file types, mappings or none at all that the facility cannot write; raises as above."""
    if not outputs:
        raise InvalidInput(
            "no file would be written",
            remedy="choose a file type for ACH invoices (--ach), for the others (--other), or for both; "
            "see: waybill format list",
        )
    for route, output in outputs.items():
        _check_output(facility, route, output)


def check_facility(facility: Facility) -> None:
    """Refuse a facility that is not active (seeds/000: only active setups have automatic exports)."""
    if facility.state != FacilityState.ACTIVE:
        raise Conflict(
            f"the facility {facility.name} is {facility.state}, and only an active one has schedules",
            remedy=f"activate it first: waybill facility activate {quote(facility.name)}",
            code="facility_not_active",
        )


def check_runs(recurrence: Recurrence, after: datetime) -> None:
    """Refuse a recurrence that has nothing left after an instant."""
    if recurrence.next_after(after) is not None:
        return
    words = recurrence.describe()  # which says it itself when there is no time at all
    what = words if recurrence.first() is None else f"{words}: would never run, all its times are past"
    raise InvalidInput(what, remedy="give a later start or end date, or another time", code="never_runs")


def check_limit(schedule: Schedule) -> None:
    """Refuse one more running schedule than the entity allows; inside the transaction that saves it."""
    entity_id = schedule.entity_id
    (limit,) = execute(_LOCK_LIMIT, (entity_id,)).fetchone()
    (running,) = execute(_RUNNING, (entity_id, schedule.id or 0)).fetchone()
    if running < limit:
        return
    name = schedule.entity.name
    raise Conflict(
        f"{name} has {running} schedules enabled and not completed, and its limit is {limit}",
        remedy=f"disable or delete one, or: waybill entity edit {quote(name)} --schedule-limit {running + 1}",
        code="schedule_limit",
    )


def check_person(entity: LegalEntity, user_id: int) -> None:
    """Refuse who is no active Finance user of the entity, naming who is."""
    able = holders(frozenset({Role.FINANCE}), entity.id)
    if any(user.id == user_id for user in able):
        return
    user = User.get_or_none(User.id == user_id)
    if user is None:
        what = "the user to export on behalf of does not exist"
    elif not user.active:
        what = f"{user.email} is not active"
    else:
        what = f"{user.email} does not hold the role Finance for {entity.name}"
    emails = ", ".join(user.email for user in able[:_NAMES_SHOWN])
    grant = f"waybill user grant EMAIL finance --entity {quote(entity.name)}"
    remedy = f"name one of: {emails}" if able else f"nobody holds it yet; give it to someone: {grant}"
    raise InvalidInput(
        f"{what}, and exports run on behalf of Finance users only", remedy=remedy, code="not_finance"
    )


def may_write_ach(facility: Facility) -> bool:
    """Whether ACH files are its to write: what is payable, or debits where its bank profile allows them."""
    is_payable: bool = facility.destination.direction == Direction.PAYABLE
    return is_payable or bool(facility_settings.plugin_value(facility, "nacha", "debits"))


def _check_output(facility: Facility, route: Route, output: Output) -> None:
    if route is Route.ACH and not may_write_ach(facility):
        raise InvalidInput(
            f"{facility.name} exports to {facility.destination.label}, and only payables are paid by ACH",
            remedy="leave the ACH file type out; or set nacha.debits, to collect from who authorised it",
            code="ach_not_payable",
        )
    formats = discover("waybill.formats")
    fitting = sorted(key for key, plugin in formats.items() if route in plugin.routes)
    if output.format not in fitting:
        kind = "ACH" if route is Route.ACH else "non-ACH"
        raise InvalidInput(
            f"{names.shown(output.format)} is no file type for {kind} invoices",
            remedy=f"choose one of: {', '.join(fitting)}",
            code="unknown_format",
        )
    _check_mapping(facility, output, uses_columns=formats[output.format].uses_columns)
    if (missing := facility_settings.missing_settings(facility, output.format)) is not None:
        raise missing


def _check_mapping(facility: Facility, output: Output, *, uses_columns: bool) -> None:
    if output.mapping_id is None:
        return
    if not uses_columns:
        raise InvalidInput(
            f"{output.format} files have no columns to choose",
            remedy="leave the mapping out",
            code="format_without_columns",
        )
    mapping = SavedMapping.get_or_none(
        SavedMapping.id == output.mapping_id,
        SavedMapping.entity == facility.entity_id,
        ~SavedMapping.deleted,
    )
    if mapping is None:
        raise InvalidInput(
            f"the mapping {output.mapping_id} is none of {facility.entity.name}'s",
            remedy="choose one of: waybill mapping list",
            code="unknown_mapping",
        )
