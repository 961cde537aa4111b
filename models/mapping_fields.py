"""What a column can show, each with an example out of the entity's own documents, and mappings as files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from models import mappings
from models.database import execute
from models.document_fields import CUSTOM, FIELDS, LINE, LINE_CUSTOM, TAX, Field, Scope, ValueKind
from models.entities import LegalEntity
from models.errors import InvalidInput
from models.schedules import users_of_mapping

_LOOKED_AT = 20  # of the newest documents: examples of nearly everything that is used
_LONGEST = 60
_LISTS = {"lines": LINE, "vat_breakdown": TAX}


class Choosable(NamedTuple):
    """One field for a column."""

    path: str
    title: str
    kind: ValueKind
    per_line: bool
    example: str
    """From the newest document that has it; empty when none of those looked at does."""
    about: str
    """What it is, in a sentence."""


# The plus keeps SQLite from sorting the whole entity by way of another index: the newest stand at the end.
_NEWEST = """
SELECT v.content, i.direction, p.number, p.name
FROM (SELECT id, version, direction, party_id FROM invoice WHERE +entity_id = ? ORDER BY id DESC LIMIT ?) i
JOIN invoice_version v ON v.invoice_id = i.id AND v.number = i.version
JOIN party p ON p.id = i.party_id ORDER BY i.id DESC
"""


def choosable(entity: LegalEntity) -> list[Choosable]:
    """Every field, and the columns of the entity's own sources that have none (`custom.NAME`)."""
    examples = {"entity.name": entity.name}
    for text, direction, *party in execute(_NEWEST, (entity.id, _LOOKED_AT)):
        known = zip(("direction", "party.number", "party.name"), (direction, *party), strict=True)
        for path, value in [*known, *_values(json.loads(text))]:
            if value:
                examples.setdefault(path, value[:_LONGEST])
    own = [_own(path) for path in examples if path.startswith((CUSTOM, LINE_CUSTOM))]
    fields = [field for field in FIELDS.values() if field.scope is not Scope.FILE]
    return [
        Choosable(
            field.path, field.title, field.kind, field.of_line, examples.get(field.path, ""), field.about
        )
        for field in [*fields, *sorted(own, key=lambda field: field.path)]
    ]


def used_by(mapping: mappings.Mapping) -> list[str]:
    """The names of the schedules, not completed, that write with it: they take a new version at once."""
    return users_of_mapping(mapping.id)


def as_file(mapping: mappings.Mapping) -> str:
    """The mapping as the text of a file that `read` takes, here or in another installation."""
    told = {"name": mapping.name, "layout": mappings.layout_of(mapping).to_dict()}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def read(text: str) -> tuple[str, dict[str, Any]]:
    """Name and layout out of such a file; raises `InvalidInput`. The name is empty where there is none."""
    try:
        told = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"that is no JSON: {error}", remedy="give a file that export wrote") from error
    layout = told.get("layout", told) if isinstance(told, dict) else None
    if not isinstance(layout, dict) or "columns" not in layout:
        raise InvalidInput("the file holds no columns", remedy="give a file that export wrote")
    name = told.get("name", "")
    return name if isinstance(name, str) and layout is not told else "", layout


def _values(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each value's path as columns name it: a list's first, a line's under `line.`."""
    pending: list[tuple[str, Any]] = [("", content)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, Mapping):
            pending += [(_under(path, key), one) for key, one in value.items()]
        elif isinstance(value, list):
            pending += [(path, value[0])] if value else []
        elif value not in (None, ""):
            yield path, str(value)


def _under(path: str, key: str) -> str:
    inside = _LISTS.get(path) or (f"{path}." if path else "")
    return f"{inside}{key}"


def _own(path: str) -> Field:
    return Field(path=path, title=path.removeprefix(LINE).removeprefix(CUSTOM))
