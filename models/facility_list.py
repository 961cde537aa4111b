"""Facilities as they are looked at: found by name, and how each does: its last job, what is left alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from models import names
from models.database import execute
from models.destinations import Destination
from models.entities import LegalEntity
from models.errors import InvalidInput, NotFound
from models.facilities import Facility
from models.fields import from_millis
from models.jobs.records import JobState
from models.people import Actor, visible_entities


class Health(NamedTuple):
    """How a facility does: its last job that ended, and which of its gateways are left alone."""

    job_id: int | None
    state: JobState | None
    ended_at: datetime | None
    reason: str
    exported_at: datetime | None
    """When invoices last left by it."""
    left_alone: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A facility in a list."""

    facility: Facility
    health: Health


# For each facility its newest jobs by the index of its jobs, not all it ever had.
_LAST = """
SELECT f.id, j.id, j.state, j.finished_at, j.reason,
       (SELECT x.finished_at FROM export_job x WHERE x.facility_id = f.id AND x.succeeded > 0
        AND x.finished_at IS NOT NULL ORDER BY x.id DESC LIMIT 1)
FROM facility f LEFT JOIN export_job j ON j.id = (
    SELECT n.id FROM export_job n WHERE n.facility_id = f.id AND n.state NOT IN ('pending', 'in_progress')
    ORDER BY n.id DESC LIMIT 1)
"""
_OPEN = "SELECT facility_id, gateway FROM gateway_breaker WHERE state <> 'closed' ORDER BY gateway"


def listed(actor: Actor, entity: LegalEntity | None = None) -> list[Listed]:
    """The facilities the actor may see, of one entity or all, by entity and name; three statements for any
    number of them."""
    told = health()
    return [Listed(facility=facility, health=told[facility.id]) for facility in _visible(actor, entity)]


def find(actor: Actor, which: int | str) -> Facility:
    """Of those the actor may see, by number or by name; raises `NotFound` or, for a name that several legal
    entities use, `InvalidInput`."""
    seen = _visible(actor)
    matches = [one for one in seen if which in (one.id, one.name)]
    if not matches and isinstance(which, str) and names.is_id(which):
        matches = [one for one in seen if one.id == int(which)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        where = ", ".join(f"{one.id} ({one.entity.name})" for one in matches)
        raise InvalidInput(
            f"several legal entities have a facility {names.shown(str(which))}",
            remedy=f"say its number: {where}",
        )
    raise NotFound(f"there is no facility {names.shown(str(which))}", remedy="see: waybill facility list")


def health() -> dict[int, Health]:
    """How each facility does, by its id."""
    alone: dict[int, list[str]] = {}
    for facility_id, gateway in execute(_OPEN):
        alone.setdefault(facility_id, []).append(gateway)
    return {
        row[0]: Health(
            job_id=row[1],
            state=None if row[2] is None else JobState(row[2]),
            ended_at=None if row[3] is None else from_millis(row[3]),
            reason=row[4] or "",
            exported_at=None if row[5] is None else from_millis(row[5]),
            left_alone=tuple(alone.get(row[0], ())),
        )
        for row in execute(_LAST)
    }


def _visible(actor: Actor, entity: LegalEntity | None = None) -> list[Facility]:
    query = (
        Facility.select(Facility, LegalEntity, Destination)
        .join(LegalEntity)
        .switch(Facility)
        .join(Destination)
        .order_by(LegalEntity.name, Facility.name)
    )
    if entity is not None:
        query = query.where(Facility.entity == entity)
    if (ids := visible_entities(actor)) is not None:
        query = query.where(Facility.entity.in_(ids))
    return list(query)
