"""Export facilities: one configured adaptor that serves one destination; draft → active ⇄ inactive.

At most one is active per destination: a partial unique index holds it, whoever else switches at the same
time. Activating one switches the other off, with its schedules, in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from peewee import ForeignKeyField, IntegrityError, TextField

from models import audit, clock, facility_settings, names
from models.database import Table, transaction
from models.destinations import Destination, pending_count
from models.entities import LegalEntity
from models.errors import Conflict, InvalidInput, NotFound
from models.fields import EnumField, JSONField, UTCField
from models.people import Action, Actor, require


class FacilityState(StrEnum):
    """Draft until first activated."""

    DRAFT = "draft"
    ACTIVE = "active"
    INACTIVE = "inactive"


class Facility(Table):
    """One configured way of exporting a destination's invoices."""

    entity = ForeignKeyField(LegalEntity, backref="facilities")
    destination = ForeignKeyField(Destination, backref="facilities")
    name = TextField()
    state = EnumField(FacilityState, default=FacilityState.DRAFT)
    settings = JSONField(default=dict)
    """What was given; defaults come from the declarations."""
    created_at = UTCField(default=clock.now)
    entity_id: int
    destination_id: int

    class Meta:
        indexes = ((("entity", "name"), True),)


Facility.add_index(
    Facility.index(
        Facility.destination,
        unique=True,
        name="facility_one_active",
        where=(Facility.state == FacilityState.ACTIVE),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationPlan:
    """What activating a facility will switch, shown before it is done."""

    facility: str
    replaces: str | None
    """The facility that will be switched off."""
    schedules_disabled: list[str]
    pending: int
    """Invoices that wait for the destination and will go with the next export."""

    @property
    def switches(self) -> tuple[str | None, list[str]]:
        """What else is switched; the number that waits changes all the time."""
        return self.replaces, self.schedules_disabled


def create(
    actor: Actor, entity: LegalEntity, name: str, destination: Destination, settings: dict[str, object]
) -> Facility:
    """Add a facility in draft; raises `InvalidInput` naming the setting that is wrong."""
    require(actor, Action.MANAGE_FACILITIES, entity.id)
    name = names.checked("a facility", name)
    facility_settings.check(settings)
    with transaction():
        _refuse_taken(entity.id, name)
        facility = Facility.create(entity=entity, name=name, destination=destination, settings=settings)
        _record(actor, "create", facility, after={"destination": destination.label, "settings": settings})
    return facility


def edit(
    actor: Actor, facility: Facility, settings: dict[str, object | None], *, name: str | None = None
) -> Facility:
    """Change settings (None takes one back to its default) or the name; jobs under way keep theirs."""
    require(actor, Action.MANAGE_FACILITIES, facility.entity_id)
    new_name = None if name is None else names.checked("a facility", name)
    with transaction():
        kept = Facility.get_by_id(facility.id)
        before = {"name": kept.name, **kept.settings}
        merged = {key: value for key, value in (kept.settings | settings).items() if value is not None}
        facility_settings.check(merged)
        if new_name is not None and new_name != kept.name:
            _refuse_taken(facility.entity_id, new_name)
        facility.name, facility.settings = new_name or kept.name, merged
        facility.save(only=[Facility.name, Facility.settings])
        was, now = audit.changed(before, {"name": facility.name, **merged})
        now |= {key: None for key in before if key not in merged and key != "name"}
        _record(actor, "edit", facility, before=was, after=now)
    return facility


def plan_activation(facility: Facility) -> ActivationPlan:
    """What activating it now would switch; changes nothing."""
    other = _active(facility.destination_id)
    replaced = None if other is None or other.id == facility.id else other
    return ActivationPlan(
        facility=facility.name,
        replaces=replaced.name if replaced else None,
        schedules_disabled=enabled_schedules(replaced) if replaced else [],
        pending=pending_count(facility.destination_id),
    )


def enabled_schedules(facility: Facility) -> list[str]:
    """The names of its schedules that deactivating it would disable."""
    from models.schedules import enabled_names  # schedules refer to facilities

    return enabled_names(facility.id)


def activate(actor: Actor, facility: Facility, *, planned: ActivationPlan | None = None) -> ActivationPlan:
    """Make it the destination's active facility; another one, with its schedules, is switched off.

    Raises `Conflict` when that would switch anything else than the plan that somebody has agreed to.
    """
    require(actor, Action.MANAGE_FACILITIES, facility.entity_id)
    try:
        with transaction():
            facility.state = Facility.get_by_id(facility.id).state
            if facility.state == FacilityState.ACTIVE:
                raise Conflict(f"the facility {facility.name} is active already", remedy="nothing to do")
            plan = plan_activation(facility)
            if planned is not None and planned.switches != plan.switches:
                raise _changed_since(facility)
            other = _active(facility.destination_id)
            if other is not None:
                _switch_off(actor, other, reason=f"{facility.name} was activated")
            was = facility.state
            facility.state = FacilityState.ACTIVE
            facility.save(only=[Facility.state])
            _record(actor, "activate", facility, before={"state": was}, after={"state": facility.state})
    except IntegrityError as error:
        raise Conflict(
            "another facility was activated for this destination at the same moment",
            remedy="look again: waybill facility list",
        ) from error
    return plan


def deactivate(actor: Actor, facility: Facility, *, planned: list[str] | None = None) -> list[str]:
    """Switch it off and its schedules with it; returns their names.

    Raises `Conflict` when these are others than were `planned`, which somebody has agreed to.
    """
    require(actor, Action.MANAGE_FACILITIES, facility.entity_id)
    with transaction():
        facility.state = Facility.get_by_id(facility.id).state
        if facility.state != FacilityState.ACTIVE:
            raise Conflict(f"the facility {facility.name} is not active", remedy="nothing to do")
        if planned is not None and planned != enabled_schedules(facility):
            raise _changed_since(facility)
        return _switch_off(actor, facility, reason="")


def of_entity(entity: LegalEntity) -> list[Facility]:
    """All facilities of a legal entity, by name."""
    return list(Facility.select().where(Facility.entity == entity).order_by(Facility.name))


def find(entity: LegalEntity, name: str | None) -> Facility:
    """By name; left out, the only one there is. Raises `NotFound` or `InvalidInput`."""
    every = of_entity(entity)
    matches = every if name is None else [facility for facility in every if facility.name == name]
    if len(matches) == 1:
        return matches[0]
    if name is None and every:
        known = ", ".join(facility.name for facility in every)
        raise InvalidInput("which facility is meant", remedy=f"name one of: {known}")
    what = f"no facility {names.shown(name)}" if name else "no facility yet"
    remedy = "see: waybill facility list" if every else "make one: waybill facility create NAME"
    raise NotFound(f"{entity.name} has {what}", remedy=remedy)


def _active(destination_id: int) -> Facility | None:
    found: Facility | None = Facility.get_or_none(
        Facility.destination == destination_id, Facility.state == FacilityState.ACTIVE
    )
    return found


def _switch_off(actor: Actor, facility: Facility, *, reason: str) -> list[str]:
    from models.schedules import disable_all  # schedules refer to facilities

    facility.state = FacilityState.INACTIVE
    facility.save(only=[Facility.state])
    disabled = disable_all(actor, facility.id, reason=f"the facility {facility.name} was deactivated")
    _record(
        actor,
        "deactivate",
        facility,
        before={"state": FacilityState.ACTIVE},
        after={"state": facility.state, "schedules_disabled": disabled},
        reason=reason,
    )
    return disabled


def _changed_since(facility: Facility) -> Conflict:
    return Conflict(
        f"what switching {facility.name} brings about has changed since this was planned",
        remedy="look at the plan again, then decide",
        code="plan_changed",
    )


def _refuse_taken(entity_id: int, name: str) -> None:
    if Facility.select().where(Facility.entity == entity_id, Facility.name == name).exists():
        raise Conflict(f"there is a facility {name} already", remedy="see: waybill facility list")


_record = partial(audit.record_of, "facility")
