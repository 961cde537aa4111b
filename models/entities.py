"""Legal entities: the companies whose invoices these are, their identifiers and preferences."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib import resources
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField, fn

from models import audit, clock, names
from models.database import Table, transaction
from models.errors import Conflict, InvalidInput, NotFound
from models.fields import UTCField
from models.people import Action, Actor, require, visible_entities

SCHEDULE_LIMIT = 12
"""How many schedules may be enabled and not completed, unless the entity says otherwise (seeds/002)."""

_MOST_SCHEDULES = 1000


class LegalEntity(Table):
    """The company whose invoices these are; it owns everything below it."""

    name = TextField(unique=True)
    folder = TextField(unique=True)
    """The name of its folders: letters, digits and dashes."""
    zone = TextField(default="UTC")
    """Where its days begin: posting dates and file names' dates are this zone's."""
    country = TextField(default="")
    export_scheduler = BooleanField(default=True)
    """Off: no schedule of this entity fires."""
    manual_exports = BooleanField(default=True)
    schedule_limit = IntegerField(default=SCHEDULE_LIMIT)
    created_at = UTCField(default=clock.now)

    class Meta:
        table_name = "legal_entity"


class EntityIdentifier(Table):
    """A number the entity is known by in documents: VAT number, registration number, GLN, endpoint."""

    entity = ForeignKeyField(LegalEntity, backref="identifiers", on_delete="CASCADE", index=False)
    value = TextField()
    """As given."""
    plain = TextField()
    """Letters and digits only, upper case: what documents are matched on."""

    class Meta:
        table_name = "entity_identifier"
        indexes = ((("entity", "plain"), True),)


def plain_identifier(value: str) -> str:
    """An identifier as it is compared: letters and digits, upper case."""
    return re.sub(r"[\W_]", "", value).upper()


def entity_key(entity_id: int) -> str:
    """What `serialise` keeps one entity's imports, and what its exports collect, apart by."""
    return f"invoices of {entity_id}"


def create(
    actor: Actor, name: str, *, zone: str = "UTC", country: str = "", identifiers: list[str] | None = None
) -> LegalEntity:
    """Add a legal entity with its two main destinations, and the identifiers its documents carry."""
    from models import destinations  # whose table refers to this module's

    require(actor, Action.MANAGE_ENTITIES)
    name, country = _checked_name(name), _checked_country(country)
    _check_zone(zone)
    with transaction():
        _refuse_taken(name)
        entity = LegalEntity.create(name=name, folder=_free_folder(name), zone=zone, country=country)
        for value in identifiers or []:
            _add_identifier(entity, value)
        destinations.create_main(entity)
        after = {"name": name, "zone": zone, "country": country, "identifiers": identifiers or []}
        audit.record(
            actor, "create", "entity", subject_id=entity.id, name=name, entity_id=entity.id, after=after
        )
    return entity


_PREFERENCES = {"export_scheduler", "manual_exports"}


def edit(actor: Actor, entity: LegalEntity, **changes: Any) -> LegalEntity:
    """Change name, zone, country, schedule_limit, export_scheduler, manual_exports or identifiers.

    The two preferences need Invoice settings or Administrator, the rest Administrator. What came due while
    the export scheduler was off is not caught up when it is switched on.
    """
    from models import schedules  # whose table refers to this module's

    given = {key: value for key, value in changes.items() if value is not None}
    only_preferences = set(given) <= _PREFERENCES
    require(actor, Action.CHANGE_INVOICE_SETTINGS if only_preferences else Action.MANAGE_ENTITIES, entity.id)
    _check_changes(given)
    with transaction():
        kept = LegalEntity.get_by_id(entity.id)
        before = {key: _value(kept, key) for key in given}
        if given.get("name", kept.name) != kept.name:
            _refuse_taken(given["name"])
        _apply(entity, given)
        was, now = audit.changed(before, {key: _value(entity, key) for key in given})
        if now.get("export_scheduler"):
            schedules.skip_missed(entity.id)
        audit.record(
            actor,
            "edit",
            "entity",
            subject_id=entity.id,
            name=entity.name,
            entity_id=entity.id,
            before=was,
            after=now,
        )
    return entity


def _apply(entity: LegalEntity, given: dict[str, Any]) -> None:
    if "identifiers" in given:
        EntityIdentifier.delete().where(EntityIdentifier.entity == entity).execute()
        for value in given["identifiers"]:
            _add_identifier(entity, value)
    if fields := given.keys() - {"identifiers"}:
        for key in fields:
            setattr(entity, key, given[key])
        entity.save(only=list(fields))


def visible(actor: Actor) -> list[LegalEntity]:
    """The legal entities this actor holds a role for, by name."""
    query = LegalEntity.select().order_by(LegalEntity.name)
    ids = visible_entities(actor)
    return list(query if ids is None else query.where(LegalEntity.id.in_(ids)))


class Extent(NamedTuple):
    """How many legal entities somebody sees, and the first of them by name."""

    number: int
    first: str


def extent(actor: Actor) -> Extent:
    """How far the actor sees, without reading the legal entities."""
    query = LegalEntity.select(fn.COUNT(LegalEntity.id), fn.MIN(LegalEntity.name))
    ids = visible_entities(actor)
    row: Any = (query if ids is None else query.where(LegalEntity.id.in_(ids))).tuples().get()
    return Extent(row[0], row[1] or "")


def find(actor: Actor, name: str | None, *, asked: str = "say --entity with") -> LegalEntity:
    """By name or folder name, any case; left out, the only one there is. May raise `NotFound`.

    `asked`: how it can be said which of several is meant.
    """
    seen = visible(actor)
    if name is None:
        if len(seen) == 1:
            return seen[0]
        if not seen:
            raise NotFound("there is no legal entity yet", remedy="make one: waybill entity create NAME")
        known = ", ".join(entity.name for entity in seen[:10])
        raise InvalidInput("which legal entity is meant", remedy=f"{asked} one of: {known}")
    wanted = name.strip().casefold()
    for entity in seen:
        if wanted in (entity.name.casefold(), entity.folder):
            return entity
    raise NotFound(
        f"there is no legal entity {names.shown(name)} that you can see", remedy="see: waybill entity list"
    )


def identifiers(entity: LegalEntity) -> list[str]:
    """The identifiers as they were given."""
    query = EntityIdentifier.select().where(EntityIdentifier.entity == entity).order_by(EntityIdentifier.id)
    return [row.value for row in query]


def _value(entity: LegalEntity, key: str) -> Any:
    return identifiers(entity) if key == "identifiers" else getattr(entity, key)


def _add_identifier(entity: LegalEntity, value: str) -> None:
    plain = plain_identifier(value)
    if not plain or not value.strip().isprintable() or len(value) > 100:
        raise InvalidInput(
            f"{names.shown(value)} is no identifier",
            remedy="give at most 100 letters or digits, such as DK12345678",
        )
    known = EntityIdentifier.select().where(
        EntityIdentifier.entity == entity, EntityIdentifier.plain == plain
    )
    if not known.exists():
        EntityIdentifier.create(entity=entity, plain=plain, value=value.strip())


def _check_changes(given: dict[str, Any]) -> None:
    if "name" in given:
        given["name"] = _checked_name(given["name"])
    if "zone" in given:
        _check_zone(given["zone"])
    if "country" in given:
        given["country"] = _checked_country(given["country"])
    if not 1 <= (limit := given.get("schedule_limit", 1)) <= _MOST_SCHEDULES:
        raise InvalidInput(
            f"{names.shown(str(limit))} is no limit of schedules",
            remedy=f"give how many may be enabled at once, 1 to {_MOST_SCHEDULES}",
        )


def _checked_name(name: str) -> str:
    return names.checked("a legal entity", name, longest=200)


@cache
def _countries() -> frozenset[str]:
    """The codes of ISO 3166-1 alpha-2, from the time zone data that every zone here is read from."""
    table = resources.files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text(encoding="utf-8")
    return frozenset(line[:2] for line in table.splitlines() if not line.startswith("#"))


def _checked_country(country: str) -> str:
    country = country.strip().upper()
    if country and country not in _countries():
        raise InvalidInput(
            f"{names.shown(country)} is no country",
            remedy="give the two letters of ISO 3166, such as DK, or leave it out",
        )
    return country


def _refuse_taken(name: str) -> None:
    if LegalEntity.select().where(LegalEntity.name == name).exists():
        raise Conflict(f"there is a legal entity {name} already", remedy="see: waybill entity list")


def _check_zone(zone: str) -> None:
    if zone not in available_timezones():
        raise InvalidInput(
            f"there is no time zone {names.shown(zone)}", remedy="give one such as Europe/Copenhagen or UTC"
        )
    ZoneInfo(zone)


def _free_folder(name: str) -> str:
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^a-z0-9]+", "-", ascii_name.lower()).strip("-")[:60] or "entity"
    folder, number = stem, 1
    while LegalEntity.select().where(LegalEntity.folder == folder).exists():
        number += 1
        folder = f"{stem}-{number}"
    return folder
