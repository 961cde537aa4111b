"""What a record is made of: named fields at positions that count from 1, as the rules do."""

from __future__ import annotations

from collections.abc import Iterator
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


class Layout(NamedTuple):
    """The fields of one kind of record."""

    title: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """The field of this name."""
        return next(field for field in self.fields if field.name == name)

    def has(self, name: str) -> bool:
        """Whether there is a field of this name."""
        return any(field.name == name for field in self.fields)

    def value(self, text: str, name: str) -> str:
        """The value of a field, without the blanks around it; empty where the record has no such field."""
        return self.field(name).of(text).strip() if self.has(name) else ""

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
    return Layout(title, tuple(fields))
