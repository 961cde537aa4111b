"""Mappings as they are looked at: who uses each, when it changed, and what changed between its versions."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any, NamedTuple

from models import clock, mappings, names
from models.columns import Column, Layout
from models.entities import LegalEntity
from models.errors import Conflict, NotFound
from models.facilities import Facility
from models.jobs import Route
from models.mappings import Mapping, MappingVersion
from models.people import Actor, visible_entities
from models.schedules import Schedule, ScheduleState


class Use(NamedTuple):
    """A schedule, not completed, that writes with a mapping."""

    schedule_id: int
    schedule: str
    facility: str
    route: Route
    format: str
    state: ScheduleState
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A mapping in a list."""

    id: int
    name: str
    entity: str
    entity_id: int
    version: int
    layout: Layout
    changed_at: datetime
    changed_by: str
    uses: tuple[Use, ...]

    @property
    def formats(self) -> tuple[str, ...]:
        """The file types that are written with it."""
        return tuple(sorted({use.format for use in self.uses}))


class Version(NamedTuple):
    """One version, and how it differs from the one before."""

    number: int
    at: datetime
    by: str
    layout: Layout
    changes: tuple[str, ...]


def listed(actor: Actor) -> list[Listed]:
    """Those in use of the legal entities the actor sees, by name; two statements however many there are."""
    query = _current().where(~Mapping.deleted)
    if (seen := visible_entities(actor)) is not None:
        query = query.where(Mapping.entity.in_(seen))
    rows = list(query.order_by(Mapping.name, Mapping.id))
    uses = uses_of([row.mapping.id for row in rows])
    return [_listed(row, uses[row.mapping.id]) for row in rows]


def find(actor: Actor, which: str | int) -> Listed:
    """By id, or by a name of which there is one; raises `NotFound`, or `Conflict` when several have it."""
    seen = listed(actor)
    found = [one for one in seen if which == one.name]
    if not found and names.is_id(str(which)):
        found = [one for one in seen if one.id == int(which)]
    if not found:
        raise NotFound(
            f"there is no mapping {names.shown(str(which))}, or none that you may see",
            remedy="see: waybill mapping list",
        )
    if len(found) > 1:
        numbers = ", ".join(f"{one.id} of {one.entity}" for one in found)
        raise Conflict(f"several mappings are called {which}", remedy=f"open one by its number: {numbers}")
    return found[0]


def uses_of(mapping_ids: Collection[int]) -> dict[int, list[Use]]:
    """The schedules, not completed, that write with each of these mappings."""
    ids, now = list(mapping_ids), clock.now()
    either = Schedule.ach_mapping.in_(ids) | Schedule.other_mapping.in_(ids)
    query = Schedule.select(Schedule, Facility).join(Facility).where(either, ~Schedule.deleted)
    found: dict[int, list[Use]] = {each: [] for each in ids}
    for schedule in query.order_by(Schedule.name, Schedule.id):
        if (state := schedule.state(now)) is ScheduleState.COMPLETED:
            continue
        for route, output in schedule.outputs.items():
            if output.mapping_id in found:
                use = (schedule.id, schedule.name, schedule.facility.name, route, output.format, state)
                found[output.mapping_id].append(Use(*use, schedule.enabled))
    return found


def versions(mapping_id: int) -> list[Version]:
    """All versions, the newest first."""
    rows = MappingVersion.select().where(MappingVersion.mapping == mapping_id).order_by(MappingVersion.number)
    found, before = list[Version](), None
    for row in rows:
        layout = Layout.from_dict(row.layout)
        changes = ("made",) if before is None else tuple(differences(before, layout))
        found.append(Version(row.number, row.created_at, row.created_by, layout, changes))
        before = layout
    return found[::-1]


def differences(before: Layout, after: Layout) -> list[str]:
    """What changed from one layout to another, a sentence each; empty when nothing did."""
    return [*_column_changes(before.columns, after.columns), *_other_changes(before, after)]


def compared(mapping: Mapping, first: int, second: int) -> list[str]:
    """What changed from one version of a mapping to another; raises `NotFound` for one there is not."""
    after = mappings.layout_of(mapping, second)
    return differences(mappings.layout_of(mapping, first), after)


def _current() -> Any:
    """The versions that are current, with their mappings and legal entities."""
    return (
        MappingVersion.select(MappingVersion, Mapping, LegalEntity)
        .join(Mapping)
        .where(MappingVersion.number == Mapping.version)
        .join(LegalEntity)
    )


def _listed(row: MappingVersion, uses: list[Use]) -> Listed:
    mapping = row.mapping
    return Listed(
        id=mapping.id,
        name=mapping.name,
        entity=mapping.entity.name,
        entity_id=mapping.entity_id,
        version=mapping.version,
        layout=Layout.from_dict(row.layout),
        changed_at=row.created_at,
        changed_by=row.created_by,
        uses=tuple(uses),
    )


def _column_changes(before: tuple[Column, ...], after: tuple[Column, ...]) -> Iterator[str]:
    pairs = _same(before, after)
    kept = {id(new): old for old, new in pairs}
    old_order = [old for old in before if any(old is one for one, _ in pairs)]
    new_order = [kept[id(new)] for new in after if id(new) in kept]
    moved = _moved(old_order, new_order)
    for old in before:
        if not any(old is one for one in old_order):
            yield f"column {_called(old)} removed"
    for place, new in enumerate(after, 1):
        if (was := kept.get(id(new))) is None:
            yield f"column {_called(new)} added as the {_ordinal(place)}"
            continue
        if id(was) in moved:
            yield f"column {_called(was)} moved, now the {_ordinal(place)}"
        yield from _inside(was, new)


def _same(before: tuple[Column, ...], after: tuple[Column, ...]) -> list[tuple[Column, Column]]:
    """Which columns are the same one: first those of the same header and content, then of either."""
    rest, pairs, wanting = list(before), list[tuple[Column, Column]](), list(after)
    for like in (_header_and_content, _content, _header):
        for new in list(wanting):
            old = next((one for one in rest if like(one) and like(one) == like(new)), None)
            if old is not None:
                pairs.append((old, new))
                rest = [one for one in rest if one is not old]
                wanting = [one for one in wanting if one is not new]
    return pairs


def _header_and_content(column: Column) -> object:
    return column.header, column.source, column.constant, column.value


def _content(column: Column) -> object:
    return column.source


def _header(column: Column) -> object:
    return column.header


def _moved(before: list[Column], after: list[Column]) -> set[int]:
    """Those that left the order, the longest rest of which stands."""
    first, second = [id(one) for one in before], [id(one) for one in after]
    blocks = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    stayed = {first[block.a + step] for block in blocks for step in range(block.size)}
    return set(first) - stayed


def _inside(before: Column, after: Column) -> Iterator[str]:
    for name, was in asdict(before).items():
        if (now := getattr(after, name)) != was:
            yield f"column {_called(after)}: {name} {_value(was)} -> {_value(now)}"


def _other_changes(before: Layout, after: Layout) -> Iterator[str]:
    for name in asdict(before):
        was, now = getattr(before, name), getattr(after, name)
        if name != "columns" and was != now:
            yield f"{name.replace('_', ' ')} {_value(was)} -> {_value(now)}"


def _called(column: Column) -> str:
    return (
        f"{column.header!r}"
        if column.header
        else f"without header ({column.source or column.value or column.constant})"
    )


def _value(value: object) -> str:
    words = {True: "yes", False: "no", None: "none", "\t": "tab"}
    if isinstance(value, tuple):
        plain = all(isinstance(each, StrEnum) for each in value)
        return ", ".join(value) or "none" if plain else f"{len(value)} rows"
    if isinstance(value, StrEnum) or not isinstance(value, str | bool | None):
        return str(value)
    return words.get(value, repr(value))


def _ordinal(place: int) -> str:
    tail = {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th") if place % 100 not in (11, 12, 13) else "th"
    return f"{place}{tail}"
