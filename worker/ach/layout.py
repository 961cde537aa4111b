"""What a record is made of: named fields at positions that count from 1, as the rules do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from worker.ach.records import WIDTH

RESERVED = "reserved"
SECRET_FIELDS = frozenset({"account number", "card account number"})
"""What is shown masked."""


class Field(NamedTuple):
    """One field of a record."""

    name: str
    start: int
    end: int

    @property
    def key(self) -> str:
        """Its name in JSON."""
        return self.name.lower().replace(" ", "_")

    def of(self, text: str) -> str:
        """Its value in a record, blanks included."""
        return text[self.start - 1 : self.end]


@dataclass(frozen=True, eq=False)
class Layout:
    """The fields of one kind of record."""

    title: str
    fields: tuple[Field, ...]
    by_name: dict[str, Field]
    """Of fields of the same name, which only reserved ones have, the first."""

    def field(self, name: str) -> Field:
        """The field of this name."""
        return self.by_name[name]

    def has(self, name: str) -> bool:
        """Whether there is a field of this name."""
        return name in self.by_name

    def value(self, text: str, name: str) -> str:
        """The value of a field, without the blanks around it; empty where the record has no such field."""
        field = self.by_name.get(name)
        return "" if field is None else text[field.start - 1 : field.end].strip()

    def values(self, text: str) -> Iterator[tuple[Field, str]]:
        """Every field but reserved ones that are blank, and the record type."""
        for field in self.fields[1:]:
            value = field.of(text)
            if field.name != RESERVED or value.strip():
                yield field, value


def layout(title: str, table: str) -> Layout:
    """A layout from lines of width and name; they must fill a record."""
    fields, start = list[Field](), 1
    for line in table.strip().splitlines():
        width, name = line.split(maxsplit=1)
        fields.append(Field(name, start, start + int(width) - 1))
        start += int(width)
    if start != WIDTH + 1:
        raise ValueError(f"the fields of {title} are {start - 1} characters wide")
    return Layout(title, tuple(fields), {field.name: field for field in reversed(fields)})
