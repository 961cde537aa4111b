"""Saved mappings: which columns a file has, in which order and how written; every change is a new version.

A job records the version it used, so that its file can be made again, byte for byte.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField

from models import audit, clock, names
from models.columns import Layout
from models.database import Table, transaction
from models.entities import LegalEntity
from models.errors import Conflict, NotFound
from models.fields import JSONField, UTCField
from models.people import Action, Actor, require


class Mapping(Table):
    """A named choice of columns of one legal entity."""

    entity = ForeignKeyField(LegalEntity, backref="mappings")
    name = TextField()
    version = IntegerField(default=1)
    """The number of its current version."""
    deleted = BooleanField(default=False)
    created_at = UTCField(default=clock.now)
    entity_id: int

    class Meta:
        table_name = "mapping"


Mapping.add_index(
    Mapping.index(Mapping.entity, Mapping.name, unique=True, name="mapping_name", where=~Mapping.deleted)
)


class MappingVersion(Table):
    """The columns at one time; never changed once written."""

    mapping = ForeignKeyField(Mapping, backref="versions")
    number = IntegerField()
    layout = JSONField()
    created_at = UTCField(default=clock.now)
    created_by = TextField()

    class Meta:
        table_name = "mapping_version"
        indexes = ((("mapping", "number"), True),)


def create(actor: Actor, entity: LegalEntity, name: str, layout: dict[str, Any]) -> Mapping:
    """Save a mapping; raises `InvalidInput` naming the column that cannot be."""
    require(actor, Action.MANAGE_MAPPINGS, entity.id)
    checked = Layout.from_dict(layout).to_dict()
    name = names.checked("a mapping", name)
    with transaction():
        if _named(entity, name) is not None:
            raise Conflict(f"there is a mapping {name} already", remedy="edit it, or choose another name")
        mapping = Mapping.create(entity=entity, name=name)
        _add_version(actor, mapping, 1, checked)
        _record(actor, "create", mapping, after=checked)
    return mapping


def edit(actor: Actor, mapping: Mapping, layout: dict[str, Any], *, expected: int | None = None) -> Mapping:
    """Replace the columns: a new version, unless nothing changed. Jobs under way keep theirs.

    Raises `Conflict` when `expected`, the version that was looked at, is not the current one any more.
    """
    require(actor, Action.MANAGE_MAPPINGS, mapping.entity_id)
    checked = Layout.from_dict(layout).to_dict()
    with transaction():
        mapping.version = Mapping.get_by_id(mapping.id).version
        if expected not in (None, mapping.version):
            raise Conflict(
                f"the mapping {mapping.name} has become version {mapping.version} meanwhile",
                remedy="look at what changed, and save again",
            )
        before = layout_of(mapping).to_dict()
        if before == checked:
            return mapping
        mapping.version += 1
        mapping.save(only=[Mapping.version])
        _add_version(actor, mapping, mapping.version, checked)
        _record(actor, "edit", mapping, before=before, after=checked)
    return mapping


def rename(actor: Actor, mapping: Mapping, name: str) -> Mapping:
    """Call it otherwise, and so do the schedules that use it; raises `Conflict` when the name is taken."""
    require(actor, Action.MANAGE_MAPPINGS, mapping.entity_id)
    name = names.checked("a mapping", name)
    with transaction():
        before = mapping.name
        known = _named(mapping.entity, name)
        if known is not None and known.id != mapping.id:
            raise Conflict(f"there is a mapping {name} already", remedy="choose another name")
        if name != before:
            mapping.name = name
            mapping.save(only=[Mapping.name])
            _record(actor, "rename", mapping, before={"name": before}, after={"name": name})
    return mapping


def delete(actor: Actor, mapping: Mapping) -> None:
    """Take a mapping out of use; raises `Conflict` while a schedule uses it."""
    from models.schedules import users_of_mapping  # schedules refer to mappings

    require(actor, Action.MANAGE_MAPPINGS, mapping.entity_id)
    with transaction():
        if users := users_of_mapping(mapping.id):
            raise Conflict(
                f"the mapping {mapping.name} is used by: {', '.join(users)}",
                remedy="give those another one first",
            )
        mapping.deleted = True
        mapping.save(only=[Mapping.deleted])
        _record(actor, "delete", mapping)


def layout_of(mapping: Mapping, version: int | None = None) -> Layout:
    """The columns of one version, the current one when none is named."""
    row = MappingVersion.get_or_none(
        MappingVersion.mapping == mapping, MappingVersion.number == (version or mapping.version)
    )
    if row is None:
        raise NotFound(
            f"the mapping {mapping.name} has no version {version}",
            remedy=f"it has 1 to {mapping.version}",
        )
    return Layout.from_dict(row.layout)


def of_entity(entity: LegalEntity) -> list[Mapping]:
    """The mappings in use, by name."""
    return list(Mapping.select().where(Mapping.entity == entity, ~Mapping.deleted).order_by(Mapping.name))


def find(entity: LegalEntity, name: str) -> Mapping:
    """By name; raises `NotFound`."""
    mapping = _named(entity, name)
    if mapping is None:
        raise NotFound(
            f"{entity.name} has no mapping {names.shown(name)}", remedy="see: waybill mapping list"
        )
    return mapping


def _named(entity: LegalEntity, name: str) -> Mapping | None:
    found: Mapping | None = Mapping.get_or_none(
        Mapping.entity == entity, Mapping.name == name.strip(), ~Mapping.deleted
    )
    return found


def _add_version(actor: Actor, mapping: Mapping, number: int, layout: dict[str, Any]) -> None:
    MappingVersion.create(mapping=mapping, number=number, layout=layout, created_by=actor.name)


_record = partial(audit.record_of, "mapping")
