"""Mappings held against their own rules, column by column, and against what the sources give now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from models import mappings
from models.columns import Layout, WrongLayout
from models.columns.column import column_of
from models.database import execute
from models.document_fields import CUSTOM, LINE_CUSTOM
from models.entities import LegalEntity
from models.schedules import users_of_mapping

_LOOKED_AT = 200  # of the newest documents: several sources may bring them in turn


class WrongColumn(NamedTuple):
    """Something wrong with a layout; `place` is the column's, from 1, or 0: the layout as a whole."""

    place: int
    header: str
    message: str
    remedy: str


class Vanished(NamedTuple):
    """A column whose field no document of late has."""

    mapping: str
    column: str
    path: str
    required: bool
    """Whether invoices fail for want of it; else its cells are empty."""
    users: tuple[str, ...]
    """The schedules, not completed, that write with the mapping."""

    @property
    def told(self) -> str:
        """It in a sentence."""
        outcome = "invoices without it fail" if self.required else "its cells are empty"
        users = f"; used by: {', '.join(self.users)}" if self.users else ""
        shown = f"the mapping {self.mapping} shows {self.path} in its column {self.column!r}"
        return f"{shown}, which none of these documents has: {outcome}{users}"


# The plus keeps SQLite from sorting the whole entity by way of another index: the newest stand at the end.
_NEWEST = """
SELECT v.content FROM (SELECT id, version FROM invoice WHERE +entity_id = ? ORDER BY id DESC LIMIT ?) i
JOIN invoice_version v ON v.invoice_id = i.id AND v.number = i.version
"""


def wrong_columns(layout: Mapping[str, Any]) -> list[WrongColumn]:
    """Everything wrong with a layout as data: the first of each column, then what is wrong with the whole."""
    found = list[WrongColumn]()
    given = layout.get("columns")
    for place, entry in enumerate(given if isinstance(given, list | tuple) else (), start=1):
        try:
            column_of(entry, f"columns[{place}]")
        except WrongLayout as error:
            found.append(WrongColumn(place, _header(entry), error.message, error.remedy))
    if not found:
        try:
            Layout.from_dict(layout)
        except WrongLayout as error:
            place = error.column or 0
            header = _header(layout["columns"][place - 1]) if place else ""
            found.append(WrongColumn(place, header, error.message, error.remedy))
    return found


def vanished(entity: LegalEntity, *, newest: int = _LOOKED_AT) -> list[Vanished]:
    """What the entity's mappings show and none of its newest documents has; nothing while it has none."""
    wanting = [
        (mapping, column.header, path, column.required)
        for mapping in mappings.of_entity(entity)
        for column in mappings.layout_of(mapping).columns
        for path in column.paths
        if path.startswith((CUSTOM, LINE_CUSTOM))
    ]
    known = _given(entity, newest) if wanting else None
    return [
        Vanished(mapping.name, header, path, required, tuple(users_of_mapping(mapping.id)))
        for mapping, header, path, required in wanting
        if known is not None and path not in known
    ]


def unknown(entity: LegalEntity, layout: Mapping[str, Any]) -> list[tuple[int, str, str]]:
    """Place, header and field of each column that none of the newest documents has a value for."""
    wanting = [
        (place, column.header, path)
        for place, column in enumerate(Layout.from_dict(layout).columns, start=1)
        for path in column.paths
        if path.startswith((CUSTOM, LINE_CUSTOM))
    ]
    known = _given(entity, _LOOKED_AT) if wanting else None
    return [each for each in wanting if known is not None and each[2] not in known]


def _given(entity: LegalEntity, newest: int) -> set[str] | None:
    """The fields of their own that the newest documents have; None where there is no document."""
    rows = execute(_NEWEST, (entity.id, min(newest, _LOOKED_AT))).fetchall()
    return {path for (text,) in rows for path in _custom(json.loads(text))} if rows else None


def _custom(content: Mapping[str, Any]) -> Iterator[str]:
    for name in content.get("custom") or ():
        yield f"{CUSTOM}{name}"
    for line in content.get("lines") or ():
        for name in line.get("custom") or ():
            yield f"{LINE_CUSTOM}{name}"


def _header(entry: object) -> str:
    return str(entry.get("header") or "") if isinstance(entry, Mapping) else str(entry)
